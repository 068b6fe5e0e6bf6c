/** What one connection may ask for and hold. */

/** A frame beyond this is not even read: `ws` closes the connection with 1009. */
export const maxFrameBytes = 16 * 1024 * 1024;
/** A message beyond this is read and refused; the longest text, as escaped as JSON can be, fits. */
export const maxMessageBytes = 8 * 1024 * 1024;
/** Unread bytes above which a running answer waits for its reader. */
export const pausedAtBytes = 64 * 1024;
/**
 * Unread bytes above which the connection is closed instead of being sent another event. The longest message, told twice (to its sender and
 * as an event), stays below: who reads slowly is not cut off, and who reads nothing is, by this or by the next ping.
 */
export const closedAtBytes = 8 * 1024 * 1024;
/** Conversations watched at once. */
export const maxWatched = 32;
/** Messages: so many at once, and so many a second in the long run. */
export const rate = { burst: 60, perSecond: 20 };
/** Messages refused in a row for their rate, after which the connection is closed. */
export const maxRefused = 200;
/** A peer that has not answered a ping until the next one is gone, or reads nothing. */
export const pingMs = 20_000;
/** How soon a signed-out session loses its sockets. */
export const sessionCheckMs = 5000;

/** Why the server closed a connection; 1009 (frame too large) is `ws`'s own. */
export const closeCodes = {
  shutDown: 1001,
  sessionEnded: 4001,
  tooSlow: 4008,
  tooMany: 4029,
} as const;

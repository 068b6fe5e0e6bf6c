/** The memory that this process may use: the machine's, or less where its container has a limit. */
import os from 'node:os';

/** Bytes. */
export function totalMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(os.totalmem(), limit) : os.totalmem();
}

/**
 * Bytes that nobody needs now; files that the system only remembers count as free. What else runs in a container is not told apart from such
 * files, so that there it is the limit at most.
 */
export function freeMemory(): number {
  // macOS calls free only what nobody has touched for long.
  return process.platform === 'darwin' ? totalMemory() : Math.min(os.freemem(), totalMemory());
}

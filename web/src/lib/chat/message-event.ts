import type { Message } from '$contracts';

/** What a person can do with a message of the transcript; one union from the row up to the conversation. */
export type MessageEvent =
  | { type: 'resend'; message: Message; content: string }
  | { type: 'regenerate'; message: Message }
  | { type: 'compare'; message: Message }
  | { type: 'edit-answer'; message: Message; content: string }
  | { type: 'continue'; message: Message }
  | { type: 'delete'; message: Message }
  | { type: 'open-settings' }
  | { type: 'switch'; message: Message; step: -1 | 1 };

/**
 * The socket `/ws`: one JSON union each way. A client message carries an `id` of the client's choice; its answer, `ok` or `error`, carries
 * the same. Everything else the server says is an event.
 */
import { z } from 'zod';
import type { Comparison } from './comparisons.js';
import { maxMessageLength, type Conversation, type Message } from './conversations.js';
import type { ErrorBody } from './errors.js';
import type { GenerationEvent } from './generation.js';
import type { RunEvent } from './run-events.js';
import { samplingSchema } from './sampling.js';

const id = z.string().min(1).max(64);
const messageText = z.string().min(1).max(maxMessageLength);
const sampling = samplingSchema.partial().optional();
/** Two numbers of 64 bits: Redis refuses longer ones. */
const entryId = z.string().regex(/^\d{1,19}-\d{1,19}$/);
const logProbs = z.int().min(0).max(20).nullable().optional();

export const clientMessageSchema = z.discriminatedUnion('type', [
  /** A new user message below `parentId` (null: a root) and an answer to it. Edit and resend is this with the edited message's parent. */
  z.strictObject({
    type: z.literal('chat.send'),
    id,
    conversationId: z.uuid(),
    parentId: z.uuid().nullable(),
    content: messageText,
    sampling,
    topLogProbs: logProbs,
  }),
  /** Another answer beside the existing ones of a user message. */
  z.strictObject({
    type: z.literal('chat.regenerate'),
    id,
    conversationId: z.uuid(),
    parentId: z.uuid(),
    sampling,
    topLogProbs: logProbs,
  }),
  /**
   * Two answers to compare blindly: to a new user message below `parentId`, or without `content` to the message `parentId` itself. What is
   * compared is the admin's setting. Until the vote only the texts are told of them.
   */
  z.strictObject({
    type: z.literal('chat.compare'),
    id,
    conversationId: z.uuid(),
    parentId: z.uuid().nullable(),
    content: messageText.optional(),
    sampling,
    topLogProbs: logProbs,
  }),
  /** Goes on with an answer that was cut. */
  z.strictObject({ type: z.literal('chat.continue'), id, conversationId: z.uuid(), messageId: z.uuid() }),
  /** Stops an answer; what was said stays. */
  z.strictObject({ type: z.literal('chat.stop'), id, messageId: z.uuid() }),
  /** Follows the conversation: changes of it, and its running answers from `after` (stream entry ids by message). */
  z.strictObject({
    type: z.literal('conversation.watch'),
    id,
    conversationId: z.uuid(),
    after: z.record(z.uuid(), entryId).optional(),
  }),
  z.strictObject({ type: z.literal('conversation.unwatch'), id, conversationId: z.uuid() }),
  /** Follows a training run, or with null the list of them; for admins. */
  z.strictObject({ type: z.literal('run.watch'), id, runId: z.uuid().nullable() }),
  z.strictObject({ type: z.literal('run.unwatch'), id, runId: z.uuid().nullable() }),
  z.strictObject({ type: z.literal('ping'), id }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

export type ServerMessage =
  | { type: 'ok'; id: string; result: SendResult | null }
  | { type: 'error'; id: string | null; error: ErrorBody }
  /** A message was created or changed other than by its own stream. */
  | { type: 'message.updated'; message: Message }
  /** A comparison was begun or revealed. */
  | { type: 'comparison.updated'; comparison: Comparison }
  | { type: 'message.deleted'; conversationId: string; messageId: string }
  | { type: 'conversation.updated'; conversation: Conversation }
  | { type: 'conversation.deleted'; conversationId: string }
  /**
   * One entry of a running answer's stream; `entryId` is what `after` takes. Of an answer in a blind comparison only the text is told; its
   * end comes as `message.updated`.
   */
  | {
      type: 'generation.event';
      conversationId: string;
      messageId: string;
      entryId: string;
      event: GenerationEvent;
    }
  /** Something that a watched run told. */
  | { type: 'run.event'; runId: string; event: RunEvent }
  /** A watched run, or one of the list, is to be read again; null is any. */
  | { type: 'run.changed'; runId: string | null };

/** Result of `chat.send`, `chat.regenerate`, `chat.compare` and `chat.continue`. */
export interface SendResult {
  userMessage: Message | null;
  /** Of a comparison, the left one. */
  answer: Message;
  /** Set where there are two answers to choose between: asked for, or offered by the server. */
  compared: { comparison: Comparison; right: Message } | null;
}

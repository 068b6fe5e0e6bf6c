import { z } from 'zod';
import type { ContextUse, Provenance, StopReason, Timings, TokenLogProb, Usage } from './generation.js';
import { samplingSchema } from './sampling.js';

export const messageRoles = ['user', 'assistant'] as const;
export type MessageRole = (typeof messageRoles)[number];
export const messageStatuses = ['queued', 'streaming', 'complete', 'stopped', 'failed'] as const;
export type MessageStatus = (typeof messageStatuses)[number];

/** A node of a conversation's tree. Siblings share `parentId`; the roots' is null. */
export interface Message {
  id: string;
  conversationId: string;
  parentId: string | null;
  role: MessageRole;
  content: string;
  status: MessageStatus;
  createdAt: string;
  /** Set when a person changed an answer's text; the answer it was made from. */
  editedFromId: string | null;
  /** Answers only, once known. */
  generation: {
    stopReason: StopReason | null;
    context: ContextUse | null;
    usage: Usage | null;
    timings: Timings | null;
    provenance: Provenance | null;
    error: { code: string; message: string } | null;
  } | null;
}

export const conversationParametersSchema = z.strictObject({
  modelVersionId: z.uuid().nullable().default(null),
  sampling: samplingSchema.partial().default({}),
});
export type ConversationParameters = z.infer<typeof conversationParametersSchema>;

export interface ConversationSummary {
  id: string;
  title: string;
  pinned: boolean;
  folderId: string | null;
  updatedAt: string;
  createdAt: string;
}
export interface Conversation extends ConversationSummary {
  systemPrompt: string;
  parameters: ConversationParameters;
  /** Null follows the account's setting. */
  trainingConsent: boolean | null;
  /** Last message of the branch that is shown. */
  leafId: string | null;
  draft: string;
}
/** `GET /api/conversations/:id`: the whole tree; `messages` in order of creation. */
export interface ConversationTree extends Conversation {
  messages: Message[];
}
export interface Folder {
  id: string;
  name: string;
  position: number;
}
export interface SearchHit {
  conversationId: string;
  messageId: string;
  title: string;
  /** Text around the hit; hits between U+0002 and U+0003. */
  excerpt: string;
  createdAt: string;
}
export interface Share {
  id: string;
  /** Path of the read-only page, `/share/<token>`. */
  path: string;
  createdAt: string;
}

export const createConversationSchema = z.strictObject({
  title: z.string().trim().max(200).default(''),
  systemPrompt: z.string().max(100_000).default(''),
  parameters: conversationParametersSchema.prefault({}),
  folderId: z.uuid().nullable().default(null),
});
export const updateConversationSchema = z.strictObject({
  title: z.string().trim().min(1).max(200).optional(),
  pinned: z.boolean().optional(),
  folderId: z.uuid().nullable().optional(),
  systemPrompt: z.string().max(100_000).optional(),
  parameters: conversationParametersSchema.optional(),
  trainingConsent: z.boolean().nullable().optional(),
  leafId: z.uuid().nullable().optional(),
  draft: z.string().max(1_000_000).optional(),
});
export const folderSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  position: z.int().min(0).default(0),
});
export const searchSchema = z.strictObject({ q: z.string().trim().min(1).max(200) });

/** `GET /api/messages/:id/log-probs`: the token-probability view of an answer. */
export interface MessageLogProbs {
  tokens: TokenLogProb[];
}

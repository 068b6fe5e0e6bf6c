import { z } from 'zod';
import {
  contextUseSchema,
  provenanceSchema,
  stopReasons,
  timingsSchema,
  tokenLogProbSchema,
  usageSchema,
} from './generation.js';
import { samplingSchema } from './sampling.js';

export const messageRoles = ['user', 'assistant'] as const;
export type MessageRole = (typeof messageRoles)[number];
export const messageStatuses = ['queued', 'streaming', 'complete', 'stopped', 'failed'] as const;
export type MessageStatus = (typeof messageStatuses)[number];

const timestamp = z.iso.datetime();

/** A node of a conversation's tree. Siblings share `parentId`; the roots' is null. */
export const messageSchema = z.strictObject({
  id: z.uuid(),
  conversationId: z.uuid(),
  parentId: z.uuid().nullable(),
  role: z.enum(messageRoles),
  content: z.string(),
  status: z.enum(messageStatuses),
  createdAt: timestamp,
  /** Set when a person changed an answer's text; the answer it was made from. */
  editedFromId: z.uuid().nullable(),
  /** Answers only, once known. */
  generation: z
    .strictObject({
      stopReason: z.enum(stopReasons).nullable(),
      context: contextUseSchema.nullable(),
      usage: usageSchema.nullable(),
      timings: timingsSchema.nullable(),
      provenance: provenanceSchema.nullable(),
      error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
    })
    .nullable(),
});
export type Message = z.infer<typeof messageSchema>;

export const conversationParametersSchema = z.strictObject({
  modelVersionId: z.uuid().nullable().default(null),
  sampling: samplingSchema.partial().default({}),
});
export type ConversationParameters = z.infer<typeof conversationParametersSchema>;

export const conversationSummarySchema = z.strictObject({
  id: z.uuid(),
  title: z.string(),
  pinned: z.boolean(),
  folderId: z.uuid().nullable(),
  updatedAt: timestamp,
  createdAt: timestamp,
});
export type ConversationSummary = z.infer<typeof conversationSummarySchema>;

export const conversationSchema = conversationSummarySchema.extend({
  systemPrompt: z.string(),
  parameters: conversationParametersSchema,
  /** Null follows the account's setting. */
  trainingConsent: z.boolean().nullable(),
  /** Last message of the branch that is shown. */
  leafId: z.uuid().nullable(),
  draft: z.string(),
});
export type Conversation = z.infer<typeof conversationSchema>;

/** `GET /api/conversations/:id`: the whole tree; `messages` in order of creation. */
export const conversationTreeSchema = conversationSchema.extend({ messages: z.array(messageSchema) });
export type ConversationTree = z.infer<typeof conversationTreeSchema>;

export const storedFolderSchema = z.strictObject({ id: z.uuid(), name: z.string(), position: z.int() });
export type Folder = z.infer<typeof storedFolderSchema>;

export const searchHitSchema = z.strictObject({
  conversationId: z.uuid(),
  messageId: z.uuid(),
  title: z.string(),
  /** Text around the hit; hits between U+0002 and U+0003. */
  excerpt: z.string(),
  createdAt: timestamp,
});
export type SearchHit = z.infer<typeof searchHitSchema>;

export const shareSchema = z.strictObject({
  id: z.uuid(),
  /** Path of the read-only page, `/share/<token>`. */
  path: z.string(),
  createdAt: timestamp,
});
export type Share = z.infer<typeof shareSchema>;

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
export const messageLogProbsSchema = z.strictObject({ tokens: z.array(tokenLogProbSchema) });
export type MessageLogProbs = z.infer<typeof messageLogProbsSchema>;

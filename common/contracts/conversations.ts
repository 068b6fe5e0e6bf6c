/** Conversations as trees of messages, and what surrounds them: folders, search, shares, import. */
import { z } from 'zod';
import { failureSchema } from './failure.js';
import { comparisonSchema } from './comparisons.js';
import {
  contextUseSchema,
  provenanceSchema,
  stopReasons,
  timingsSchema,
  tokenLogProbSchema,
  usageSchema,
} from './generation.js';
import { samplingSchema } from './sampling.js';

/** Longest text of one message, UTF-16 units. */
export const maxMessageLength = 1_000_000;

export const messageRoles = ['user', 'assistant'] as const;
export type MessageRole = (typeof messageRoles)[number];
export const messageStatuses = ['queued', 'streaming', 'complete', 'stopped', 'failed'] as const;
export type MessageStatus = (typeof messageStatuses)[number];

const timestamp = z.iso.datetime();

/** How an answer came to be; fields are null until they are known. */
export const answerDetailsSchema = z.strictObject({
  stopReason: z.enum(stopReasons).nullable(),
  context: contextUseSchema.nullable(),
  usage: usageSchema.nullable(),
  timings: timingsSchema.nullable(),
  provenance: provenanceSchema.nullable(),
  error: failureSchema.nullable(),
});
export type AnswerDetails = z.infer<typeof answerDetailsSchema>;

/** A node of a conversation's tree. Siblings share `parentId`; the roots' is null. */
export const messageSchema = z.strictObject({
  id: z.uuid(),
  conversationId: z.uuid(),
  parentId: z.uuid().nullable(),
  role: z.enum(messageRoles),
  /** While an answer is being written: what had been saved of it when this was read. Its stream tells the rest. */
  content: z.string(),
  status: z.enum(messageStatuses),
  createdAt: timestamp,
  /** Set when a person changed an answer's text; the answer it was made from. */
  editedFromId: z.uuid().nullable(),
  /** Answers of a model only. */
  generation: answerDetailsSchema.nullable(),
});
export type Message = z.infer<typeof messageSchema>;

export const conversationParametersSchema = z.strictObject({
  modelVersionId: z.uuid().nullable().default(null),
  sampling: samplingSchema.partial().default({}),
  /** So many answers are written, and the reward model of the base picks the one that is shown; absent, what is written is shown. */
  bestOf: z.int().min(2).max(8).optional(),
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

/** `GET /api/conversations/:id`: the whole tree; `messages` in order of creation, parents before children. */
export const conversationTreeSchema = conversationSchema.extend({
  messages: z.array(messageSchema),
  comparisons: z.array(comparisonSchema),
});
export type ConversationTree = z.infer<typeof conversationTreeSchema>;

export const folderViewSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  position: z.int().min(0),
});
export type Folder = z.infer<typeof folderViewSchema>;

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
  /** Path of the read-only page, `/share/<token>`. Told once, when the share is made: only a hash of the token is kept. */
  path: z.string().nullable(),
  createdAt: timestamp,
});
export type Share = z.infer<typeof shareSchema>;

/** `GET /api/shared/:token`: the branch as it was when it was shared; `messages` from its root to its leaf. */
export const sharedConversationSchema = z.strictObject({
  title: z.string(),
  createdAt: timestamp,
  messages: z.array(
    messageSchema.pick({ id: true, parentId: true, role: true, content: true, createdAt: true }),
  ),
});
export type SharedConversation = z.infer<typeof sharedConversationSchema>;

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
  draft: z.string().max(maxMessageLength).optional(),
});
export type CreateConversation = z.infer<typeof createConversationSchema>;
export type UpdateConversation = z.infer<typeof updateConversationSchema>;

/** What an `int` of Postgres holds. */
const maxPosition = 2_147_483_647;
export const folderSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  position: z.int().min(0).max(maxPosition).default(0),
});
export const searchSchema = z.strictObject({ q: z.string().trim().min(1).max(200) });
export const exportSchema = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') });
/** `PATCH /api/messages/:id`: the text of a sibling that stands beside the answer. */
export const editAnswerSchema = z.strictObject({ content: z.string().min(1).max(maxMessageLength) });

/** `GET /api/messages/:id/log-probs`: the token-probability view of an answer; empty when none were asked for. */
export const messageLogProbsSchema = z.strictObject({ tokens: z.array(tokenLogProbSchema) });
export type MessageLogProbs = z.infer<typeof messageLogProbsSchema>;

/** `GET /api/conversations/:id/export?format=json`, and what import takes back: nothing is lost on the way. */
export const conversationExportSchema = z.strictObject({
  format: z.literal('attune-conversation'),
  version: z.literal(1),
  conversation: conversationTreeSchema
    .omit({ folderId: true, draft: true, messages: true, comparisons: true })
    .extend({
      messages: z.array(
        messageSchema
          .omit({ conversationId: true })
          .extend({ content: z.string().max(maxMessageLength * 4) }),
      ),
    }),
});
export type ConversationExport = z.infer<typeof conversationExportSchema>;

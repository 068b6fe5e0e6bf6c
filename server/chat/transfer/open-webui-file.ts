/**
 * Open WebUI's export: an array of chats, each with `chat.history.messages` by id. Older ones have only `chat.messages`, a list.
 *
 * Kept: the tree, the system prompt, title, pin. Left out: models, files, sources, and messages that are neither the user's nor an answer.
 */
import { z } from 'zod';
import { cutText } from '../../platform/cut-text.js';
import {
  findKeptLeaf,
  parseImport,
  toDate,
  toMessages,
  type ImportedConversation,
  type ImportedNode,
} from './imported-tree.js';

const messageSchema = z.looseObject({
  id: z.string().optional(),
  parentId: z.string().nullish(),
  role: z.string(),
  content: z.string().nullish(),
  timestamp: z.number().nullish(),
});
type WebUiMessage = z.infer<typeof messageSchema>;

const chatSchema = z.looseObject({
  title: z.string().nullish(),
  system: z.string().nullish(),
  params: z.looseObject({ system: z.string().nullish() }).nullish(),
  timestamp: z.number().nullish(),
  history: z
    .looseObject({ messages: z.record(z.string(), messageSchema), currentId: z.string().nullish() })
    .nullish(),
  messages: z.array(messageSchema).nullish(),
});
const entrySchema = z.looseObject({
  title: z.string().nullish(),
  created_at: z.number().nullish(),
  updated_at: z.number().nullish(),
  pinned: z.boolean().nullish(),
  chat: chatSchema,
});

export function isOpenWebUiChat(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('chat' in value || 'history' in value);
}

export function readOpenWebUiChat(value: unknown, where: string): ImportedConversation {
  // One chat alone is exported without what the list says about it.
  const isAlone = typeof value === 'object' && value !== null && !('chat' in value);
  const entry = parseImport(entrySchema, isAlone ? { chat: value } : value, where);
  const { chat } = entry;
  const createdAt = toDate(entry.created_at ?? chat.timestamp, new Date());
  const nodes = listNodes(chat, createdAt);
  const messages = toMessages(nodes, `${where}.chat.history.messages`);
  return {
    title: cutText(entry.title ?? chat.title ?? '', 200),
    systemPrompt: chat.params?.system ?? chat.system ?? '',
    parameters: { modelVersionId: null, sampling: {} },
    trainingConsent: null,
    pinned: entry.pinned ?? false,
    createdAt,
    updatedAt: toDate(entry.updated_at, createdAt),
    leafKey: findKeptLeaf(chat.history?.currentId, nodes, messages),
    messages,
  };
}

function listNodes(chat: z.infer<typeof chatSchema>, createdAt: Date): ImportedNode[] {
  if (chat.history)
    return Object.entries(chat.history.messages).map(([key, message]) => ({
      key,
      parentKey: message.parentId ?? null,
      message: toMessage(message, createdAt),
    }));
  return (chat.messages ?? []).map((message, index) => ({
    key: String(index),
    parentKey: index === 0 ? null : String(index - 1),
    message: toMessage(message, createdAt),
  }));
}

function toMessage(message: WebUiMessage, otherwise: Date): ImportedNode['message'] {
  const { role, content, timestamp } = message;
  if ((role !== 'user' && role !== 'assistant') || !content) return null;
  const createdAt = toDate(timestamp, otherwise);
  return { role, content, status: 'complete', createdAt, editedFromKey: null, generation: null };
}

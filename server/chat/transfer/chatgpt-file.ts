/**
 * ChatGPT's `conversations.json`: an array of conversations, each a `mapping` of nodes with their parents.
 *
 * Kept: what the user and the assistant said to each other. Left out: the empty root, hidden system messages, tool calls and their
 * results, reasoning, and pictures (of which the file has only names); what hung below them moves up.
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
  author: z.looseObject({ role: z.string() }),
  create_time: z.number().nullish(),
  content: z.looseObject({
    content_type: z.string(),
    parts: z.array(z.unknown()).optional(),
    text: z.string().optional(),
  }),
  recipient: z.string().nullish(),
  weight: z.number().nullish(),
  metadata: z.looseObject({ is_visually_hidden_from_conversation: z.boolean().optional() }).nullish(),
});
type ChatGptMessage = z.infer<typeof messageSchema>;

const conversationSchema = z.looseObject({
  title: z.string().nullish(),
  create_time: z.number().nullish(),
  update_time: z.number().nullish(),
  current_node: z.string().nullish(),
  mapping: z.record(
    z.string(),
    z.looseObject({ parent: z.string().nullish(), message: messageSchema.nullish() }),
  ),
});

export function isChatGptConversation(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'mapping' in value;
}

export function readChatGptConversation(value: unknown, where: string): ImportedConversation {
  const file = parseImport(conversationSchema, value, where);
  const createdAt = toDate(file.create_time, new Date());
  const nodes = Object.entries(file.mapping).map(([key, { parent, message }]): ImportedNode => ({
    key,
    parentKey: parent ?? null,
    message: message ? toMessage(message, createdAt) : null,
  }));
  const messages = toMessages(nodes, `${where}.mapping`);
  return {
    title: cutText(file.title ?? '', 200),
    systemPrompt: '',
    parameters: { modelVersionId: null, sampling: {} },
    trainingConsent: null,
    pinned: false,
    createdAt,
    updatedAt: toDate(file.update_time, createdAt),
    leafKey: findKeptLeaf(file.current_node, nodes, messages),
    messages,
  };
}

function toMessage(message: ChatGptMessage, otherwise: Date): ImportedNode['message'] {
  const { role } = message.author;
  const isSpoken = role === 'user' || role === 'assistant';
  const isForTools = message.recipient != null && message.recipient !== 'all';
  const isHidden = message.weight === 0 || message.metadata?.is_visually_hidden_from_conversation === true;
  if (!isSpoken || isForTools || isHidden) return null;
  const content = readText(message.content);
  if (content === '') return null;
  const createdAt = toDate(message.create_time, otherwise);
  return { role, content, status: 'complete', createdAt, editedFromKey: null, generation: null };
}

/** Reasoning and tools have content types of their own. */
function readText({ content_type: type, parts = [], text }: ChatGptMessage['content']): string {
  if (type === 'code' && text !== undefined) return `\`\`\`\n${text}\n\`\`\``;
  if (type !== 'text' && type !== 'multimodal_text') return '';
  return parts
    .filter((part) => typeof part === 'string')
    .join('\n\n')
    .trim();
}

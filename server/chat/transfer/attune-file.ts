/** Attune's own export: the whole tree, so that importing it gives the same conversation again. */
import {
  conversationExportSchema,
  type ConversationExport,
  type ConversationTree,
} from '../../../common/contracts/conversations.js';
import { parseImport, toMessages, type ImportedConversation, type ImportedNode } from './imported-tree.js';

export function toAttuneExport(tree: ConversationTree): ConversationExport {
  const { messages, comparisons: _comparisons, folderId: _folder, draft: _draft, ...conversation } = tree;
  return {
    format: 'attune-conversation',
    version: 1,
    conversation: {
      ...conversation,
      messages: messages.map(({ conversationId: _conversation, ...message }) => message),
    },
  };
}

export function readAttuneConversation(value: unknown, where: string): ImportedConversation {
  const { conversation } = parseImport(conversationExportSchema, value, where);
  const nodes = conversation.messages.map((message): ImportedNode => ({
    key: message.id,
    parentKey: message.parentId,
    message: {
      role: message.role,
      content: message.content,
      // An answer that was being written when it was exported is written by nobody here.
      status: message.status === 'queued' || message.status === 'streaming' ? 'stopped' : message.status,
      createdAt: new Date(message.createdAt),
      editedFromKey: message.editedFromId,
      generation: message.generation,
    },
  }));
  const messages = toMessages(nodes, `${where}.conversation.messages`);
  const { title, systemPrompt, parameters, trainingConsent, pinned, leafId } = conversation;
  return {
    title,
    systemPrompt,
    parameters,
    trainingConsent,
    pinned,
    createdAt: new Date(conversation.createdAt),
    updatedAt: new Date(conversation.updatedAt),
    leafKey: messages.some(({ key }) => key === leafId) ? leafId : null,
    messages,
  };
}

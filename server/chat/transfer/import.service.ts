import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import type { ConversationSummary } from '../../../common/contracts/conversations.js';
import { ConversationEntity } from '../../../common/database/conversation.entity.js';
import { toSummary } from '../conversation-rows.js';
import { insertMessages } from '../message-insert.js';
import { toTitle } from '../title.js';
import { readAttuneConversation } from './attune-file.js';
import { isChatGptConversation, readChatGptConversation } from './chatgpt-file.js';
import type { ImportedConversation } from './imported-tree.js';
import { isMarkdown, readMarkdown } from './markdown-file.js';
import { isOpenWebUiChat, readOpenWebUiChat } from './open-webui-file.js';

/** Conversations out of files: all of a file, or nothing. */
@Injectable()
export class ImportService {
  constructor(private readonly db: DataSource) {}

  /**
   * @param file  Attune's export (`{ format: 'markdown', text }` for Markdown), ChatGPT's `conversations.json` or Open WebUI's: one
   *   conversation, or a list of them
   * @throws AppError `IMPORT_INVALID` naming the place in the file
   */
  async import(userId: string, file: unknown): Promise<ConversationSummary[]> {
    const conversations = Array.isArray(file)
      ? file.map((entry, index) => readConversation(entry, `[${index}]`))
      : [readConversation(file, 'file')];
    const ids = await this.db.transaction(async (manager) => {
      const written = [];
      for (const conversation of conversations) written.push(await write(manager, userId, conversation));
      return written;
    });
    const rows = await this.db.manager.find(ConversationEntity, {
      where: { id: In(ids) },
      order: { updatedAt: 'DESC' },
    });
    return rows.map(toSummary);
  }
}

function readConversation(value: unknown, where: string): ImportedConversation {
  if (isChatGptConversation(value)) return readChatGptConversation(value, where);
  if (isOpenWebUiChat(value)) return readOpenWebUiChat(value, where);
  if (isMarkdown(value)) return readMarkdown(value, where);
  return readAttuneConversation(value, where);
}

async function write(
  manager: EntityManager,
  userId: string,
  conversation: ImportedConversation,
): Promise<string> {
  const { messages, leafKey, title, ...columns } = conversation;
  const id = randomUUID();
  const ids = new Map(messages.map(({ key }) => [key, randomUUID()]));
  const newId = (key: string | null) => (key === null ? null : (ids.get(key) ?? null));
  await manager.insert(ConversationEntity, {
    ...columns,
    id,
    userId,
    title: title.trim() || toTitle(messages[0]?.content ?? ''),
    titleSource: 'person',
    leafId: newId(leafKey),
  });
  await insertMessages(
    manager,
    id,
    messages.map((message) => ({
      ...message,
      id: newId(message.key) ?? randomUUID(),
      parentId: newId(message.parentKey),
      editedFromId: newId(message.editedFromKey),
      importedGeneration: message.generation,
      createdAt: message.createdAt.toISOString(),
    })),
  );
  return id;
}

import type { ConversationTree } from '../../../common/contracts/conversations.js';

const speakers = { user: 'User', assistant: 'Assistant' } as const;

/** The shown branch as a document to read; only JSON holds all of the tree. */
export function toMarkdown(tree: ConversationTree): string {
  const byId = new Map(tree.messages.map((message) => [message.id, message]));
  const branch = [];
  for (let at = tree.leafId && byId.get(tree.leafId); at; at = at.parentId && byId.get(at.parentId))
    branch.push(at);
  const title = tree.title.replace(/\s+/gu, ' ').trim() || 'Conversation';
  const prompt =
    tree.systemPrompt.trim() === '' ? [] : [`> ${tree.systemPrompt.trim().replaceAll('\n', '\n> ')}`];
  const turns = branch.reverse().map(({ role, content }) => `## ${speakers[role]}\n\n${content.trim()}`);
  return `${[`# ${title}`, ...prompt, ...turns].join('\n\n')}\n`;
}

/** `Content-Disposition` of a download named after the conversation, in any script. */
export function toDisposition(title: string, ending: string): string {
  const name = `${
    title
      .replace(/[\p{Cc}\\/:*?"<>|]+/gu, ' ')
      .trim()
      .slice(0, 80) || 'conversation'
  }.${ending}`;
  const plain = name.replace(/[^\x20-\x7e]+/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, escapeByte)}`;
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** A conversation as a document to read: `# title`, the system prompt as a quotation, turns under `## User` and `## Assistant`. */
import { z } from 'zod';
import type { ConversationTree } from '../../../common/contracts/conversations.js';
import { cutText } from '../../platform/cut-text.js';
import { invalid, parseImport, type ImportedConversation, type ImportedMessage } from './imported-tree.js';

const speakers = { user: 'User', assistant: 'Assistant' } as const;
const turnHeading = /^## (User|Assistant)[ \t]*$/;
/** A line of a text that would read as a heading of ours carries a backslash more than it was written with. */
const headingInText = /^(\\*## (?:User|Assistant)[ \t]*)$/gm;
const escapedHeading = /^\\(\\*## (?:User|Assistant)[ \t]*)$/gm;

const documentSchema = z.strictObject({ format: z.literal('markdown'), text: z.string() });

/** The shown branch; only JSON holds all of the tree. */
export function toMarkdown(tree: ConversationTree): string {
  const byId = new Map(tree.messages.map((message) => [message.id, message]));
  const branch = [];
  for (let at = tree.leafId && byId.get(tree.leafId); at; at = at.parentId && byId.get(at.parentId))
    branch.push(at);
  const title = tree.title.replace(/\s+/gu, ' ').trim() || 'Conversation';
  const prompt =
    tree.systemPrompt.trim() === '' ? [] : [`> ${tree.systemPrompt.trim().replaceAll('\n', '\n> ')}`];
  const turns = branch
    .reverse()
    .map(({ role, content }) => `## ${speakers[role]}\n\n${content.trim().replace(headingInText, '\\$1')}`);
  return `${[`# ${title}`, ...prompt, ...turns].join('\n\n')}\n`;
}

export function isMarkdown(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === 'markdown';
}

/**
 * @param value  `{ format: 'markdown', text }`, the text as `toMarkdown` writes it
 * @throws AppError `IMPORT_INVALID` when nobody says anything in it
 */
export function readMarkdown(value: unknown, where: string): ImportedConversation {
  const [opening = [], ...turns] = splitTurns(parseImport(documentSchema, value, where).text);
  if (turns.length === 0) throw invalid(where, 'it has no line "## User" or "## Assistant"');
  const createdAt = new Date();
  const messages = turns.map(([heading = '', ...lines], index): ImportedMessage => ({
    key: String(index),
    parentKey: index === 0 ? null : String(index - 1),
    role: heading.startsWith(`## ${speakers.user}`) ? 'user' : 'assistant',
    content: lines.join('\n').trim().replace(escapedHeading, '$1'),
    status: 'complete',
    createdAt,
    editedFromKey: null,
    generation: null,
  }));
  return {
    title: cutText(/^# (.*)/.exec(opening[0] ?? '')?.[1] ?? '', 200),
    systemPrompt: opening.flatMap((line) => /^> ?(.*)/.exec(line)?.[1] ?? []).join('\n'),
    parameters: { modelVersionId: null, sampling: {} },
    trainingConsent: null,
    pinned: false,
    createdAt,
    updatedAt: createdAt,
    leafKey: messages.at(-1)?.key ?? null,
    messages,
  };
}

/** @returns the lines before the first heading, then those of each turn with its heading */
function splitTurns(text: string): string[][] {
  const parts: string[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    if (turnHeading.test(line)) parts.push([]);
    parts.at(-1)?.push(line);
  }
  return parts;
}

/** `Content-Disposition` of a download named after the conversation, in any script. */
export function toDisposition(title: string, ending: string): string {
  const plainTitle = title.replace(/[\p{Cc}\\/:*?"<>|]+/gu, ' ').trim();
  const name = `${cutText(plainTitle, 80) || 'conversation'}.${ending}`;
  const plain = name.replace(/[^\x20-\x7e]+/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, escapeByte)}`;
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** What every import format is read into, and the checks that all of them share. Nothing here touches the database. */
import type { z } from 'zod';
import type { AnswerDetails, ConversationParameters } from '../../../common/contracts/conversations.js';
import { AppError } from '../../../common/contracts/errors.js';

export interface ImportedMessage {
  /** As the file names it; unique within its conversation. */
  key: string;
  parentKey: string | null;
  role: 'user' | 'assistant';
  content: string;
  status: 'complete' | 'stopped' | 'failed';
  createdAt: Date;
  editedFromKey: string | null;
  generation: AnswerDetails | null;
}

export interface ImportedConversation {
  title: string;
  systemPrompt: string;
  parameters: ConversationParameters;
  trainingConsent: boolean | null;
  pinned: boolean;
  createdAt: Date;
  updatedAt: Date;
  leafKey: string | null;
  /** Parents before children. */
  messages: ImportedMessage[];
}

/** A node of a file: a message to keep, or (null) one that only holds the tree together. */
export interface ImportedNode {
  key: string;
  parentKey: string | null;
  message: Omit<ImportedMessage, 'key' | 'parentKey'> | null;
}

/**
 * Nodes in the file's order -> messages with parents first. What hangs below a left-out node hangs below its nearest kept ancestor instead.
 *
 * @param where  place of the nodes in the file, for the errors
 * @throws AppError `IMPORT_INVALID` for a key that occurs twice, a parent that does not exist, or a circle
 */
export function toMessages(nodes: readonly ImportedNode[], where: string): ImportedMessage[] {
  const byKey = new Map<string, ImportedNode>();
  for (const node of nodes) {
    if (byKey.has(node.key)) throw invalid(`${where}.${node.key}`, 'the id occurs twice');
    byKey.set(node.key, node);
  }
  const keptAncestors = new Map<string, string | null>();
  const ordered: ImportedMessage[] = [];
  for (const node of nodes) {
    for (const pending of listUnplaced(node, byKey, keptAncestors, where)) {
      const parentKey = pending.parentKey === null ? null : (keptAncestors.get(pending.parentKey) ?? null);
      keptAncestors.set(pending.key, pending.message ? pending.key : parentKey);
      if (pending.message) ordered.push({ ...pending.message, key: pending.key, parentKey });
    }
  }
  assertEditsFollow(ordered, where);
  return ordered;
}

/** The nearest message that was kept, from `key` upwards: where the shown branch ends. */
export function findKeptLeaf(
  key: string | null | undefined,
  nodes: readonly ImportedNode[],
  messages: readonly ImportedMessage[],
): string | null {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  let node = key == null ? undefined : byKey.get(key);
  while (node && !node.message) node = node.parentKey === null ? undefined : byKey.get(node.parentKey);
  return node?.key ?? messages.at(-1)?.key ?? null;
}

/** @throws AppError `IMPORT_INVALID` naming the first place that is not as the schema says */
export function parseImport<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid([where, ...(issue?.path ?? [])].join('.'), issue?.message ?? 'not as expected');
}

/** @param seconds  since 1970, as other programs write it */
export function toDate(seconds: number | null | undefined, otherwise: Date): Date {
  if (seconds == null || !Number.isFinite(seconds) || seconds <= 0) return otherwise;
  // Some versions write milliseconds.
  const date = new Date(seconds > 1e11 ? seconds : seconds * 1000);
  return Number.isNaN(date.getTime()) ? otherwise : date;
}

export function invalid(where: string, reason: string): AppError {
  return new AppError('IMPORT_INVALID', { where, reason });
}

/** The node and those above it that have no place yet, from the top. */
function listUnplaced(
  node: ImportedNode,
  byKey: ReadonlyMap<string, ImportedNode>,
  placed: ReadonlyMap<string, unknown>,
  where: string,
): ImportedNode[] {
  const chain: ImportedNode[] = [];
  const met = new Set<string>();
  for (let at = node; !placed.has(at.key);) {
    if (met.has(at.key)) throw invalid(`${where}.${at.key}`, 'it is its own ancestor');
    met.add(at.key);
    chain.push(at);
    if (at.parentKey === null) break;
    const parent = byKey.get(at.parentKey);
    if (!parent) throw invalid(`${where}.${at.key}`, `its parent ${at.parentKey} is not in the file`);
    at = parent;
  }
  return chain.reverse();
}

function assertEditsFollow(messages: readonly ImportedMessage[], where: string): void {
  const before = new Set<string>();
  for (const { key, editedFromKey } of messages) {
    if (editedFromKey !== null && !before.has(editedFromKey))
      throw invalid(`${where}.${key}`, `what it was edited from, ${editedFromKey}, does not come before it`);
    before.add(key);
  }
}

/** Rows of training data for tests. */
import type { ChatTurn } from '../../common/contracts/generation.js';
import { readRow, type RowContent, type StoredRow } from '../../server/datasets/rows/data-row.js';

export const user = (content: string): ChatTurn => ({ role: 'user', content });
export const assistant = (content: string): ChatTurn => ({ role: 'assistant', content });
export const system = (content: string): ChatTurn => ({ role: 'system', content });

export function contentOf(columns: unknown): RowContent {
  const content = readRow(columns, 1);
  if ('problem' in content) throw new Error(content.problem);
  return content;
}

export function storedRow(id: string, columns: unknown): StoredRow {
  return { id, events: [], ...contentOf(columns).row };
}

const longPath = [system('Be brief.'), user('Hi'), assistant('Hello.'), user('Do whales, or fish, sleep?')];

/** One of every kind that feedback becomes: of one question, and deep in a conversation with a system prompt. */
export const feedbackRows = {
  sft: [
    storedRow('s1', { prompt: [user('Hi')], completion: [assistant('Hello "you"')], models: ['person'] }),
    storedRow('s2', { prompt: longPath, completion: [assistant('They do,\nby half.')], models: ['person'] }),
  ],
  preference: [
    storedRow('p1', {
      prompt: [user('你好')],
      chosen: [assistant('你好！')],
      rejected: [assistant('=1+1')],
      models: ['small', 'large'],
    }),
    storedRow('p2', {
      prompt: longPath,
      chosen: [assistant('Yes.')],
      rejected: [assistant('[no]')],
      models: ['small', 'small'],
    }),
  ],
  kto: [
    storedRow('k1', {
      prompt: [user('Hi')],
      completion: [assistant('Line\u2028separator')],
      label: true,
      models: ['small'],
    }),
    storedRow('k2', { prompt: longPath, completion: [assistant('No')], label: false, models: ['small'] }),
  ],
} as const;

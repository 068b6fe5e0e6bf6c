/** A row of training data as things to read: what was asked, and what answers stand against each other. */
import type { DatasetRow } from '$contracts';

export interface RowPart {
  role: 'prompt' | 'answer' | 'chosen' | 'rejected' | 'text';
  text: string;
  /** Of a thumb. */
  isGood: boolean | null;
}

export function toRowParts(row: DatasetRow): RowPart[] {
  const part = (role: RowPart['role'], value: unknown, isGood: boolean | null = null): RowPart[] =>
    value === undefined ? [] : [{ role, text: toText(value), isGood }];
  const rankings = Array.isArray(row.rankings) ? row.rankings : [];
  return [
    ...part('prompt', row.prompt),
    ...part('text', row.text),
    ...part('text', row.messages),
    ...part('chosen', row.chosen),
    ...part('rejected', row.rejected),
    ...rankings.flatMap((answer) => part('answer', answer)),
    ...part('answer', row.completion, typeof row.label === 'boolean' ? row.label : null),
  ].filter(({ text }) => text !== '');
}

/** One message is its text; of several each line says whose it is. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  const turns = value.filter(isTurn);
  if (turns.length === 1) return turns[0]?.content ?? '';
  return turns.map(({ role, content }) => `${role}: ${content}`).join('\n\n');
}

function isTurn(value: unknown): value is { role: string; content: string } {
  return typeof value === 'object' && value !== null && 'role' in value && 'content' in value;
}

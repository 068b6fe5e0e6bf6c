import type { Table } from './table.js';

/** How one language asks for and tells something; the sentences hold placeholders, see the grammars. */
export interface Phrasing {
  /** Prompts that stand alone. */
  questions: readonly string[];
  /** Prompts that only make sense after a turn about the same row. */
  followUps?: readonly string[];
  /** First sentences of an answer: any of them is right. */
  cores: readonly string[];
  /** Sentences that make an answer longer. */
  details: readonly string[];
  /** Questions that an answer may end with. */
  closings: readonly string[];
}

/** What makes an answer right; see models/check. */
export type CheckRule =
  /** The first sentence says the value of this column. */
  | { kind: 'says'; column: string }
  /** The first sentence says the value of this column in any row: every joke is as good as another. */
  | { kind: 'saysAny'; column: string }
  /** The last number of the first sentence is the value of this column. */
  | { kind: 'number'; column: string }
  /** The first sentence names as many different members as were asked for, and nothing that is no member. */
  | { kind: 'list' }
  /** The answer's first sentence matches. */
  | { kind: 'matches'; en: RegExp; zh: RegExp };

export interface Topic {
  name: string;
  table: Table;
  /** Relative frequency among prompts. */
  weight: number;
  check: CheckRule;
  en: Phrasing;
  zh?: Phrasing;
}

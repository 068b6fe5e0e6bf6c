/**
 * Examples to token ids, on exactly the ids that serving reads: a prompt is encoded as the server encodes it, and an answer's targets end
 * with the token that ends the turn.
 *
 * A sequence keeps its prompt, so that batches decide for themselves what is shared. Nothing is cut silently: every cut is counted.
 */
import { AppError } from '../../common/contracts/errors.js';
import type { ChatTurn } from '../../common/contracts/generation.js';
import type { Vocabulary } from '../../common/llama/vocabulary.js';
import type { ChatTemplate } from './chat-template.js';
import type { Example, Text } from '../../common/data/rows.js';

/** One text from its first to its last token. */
export interface Sequence {
  /** [T] */
  tokens: Int32Array;
  /** Indices of `tokens` that are learnt, ascending, each >= 1; the token before predicts it. */
  targets: Int32Array;
}

/** One unit of a batch: a text, both sides of a pair, all answers of a ranking, a thumb's answer (and its mismatched one). */
export interface Item {
  line: number;
  sequences: readonly Sequence[];
  margins: readonly number[];
  desirable: boolean;
}

export interface TokeniseOptions {
  /** Prompt and answer together, tokens. */
  maxLength: number;
  /** What the model can read at all, tokens. */
  contextLength: number;
  tooLong: 'truncate' | 'drop';
  /** True leaves out examples whose answers are the same tokens: there is nothing to prefer. */
  distinctAnswers: boolean;
}

/** What was cut, for the run's report. */
export interface TokeniseReport {
  examples: number;
  /** Left out: too long, or equal after the cut. */
  dropped: number;
  truncatedPrompts: number;
  truncatedAnswers: number;
  /** Length of the longest sequence kept, tokens. */
  longest: number;
  /** Tokens of all sequences kept. */
  tokens: number;
  /** Tokens that are learnt. */
  targets: number;
}

/** What turns text into ids; `ChatTemplate` and `Vocabulary` of the model that is trained. */
export interface TextEncoding {
  vocabulary: Pick<Vocabulary, 'tokenize' | 'isEndOfGeneration' | 'bos' | 'eos' | 'eot' | 'addsBos'>;
  template: Pick<ChatTemplate, 'encodeConversation'>;
}

/** @throws AppError `DATA_ANSWER_TOO_LONG` when an answer does not fit the model's context and is not to be dropped */
export function tokeniseExamples(
  examples: readonly Example[],
  encoding: TextEncoding,
  options: TokeniseOptions,
): { items: Item[]; report: TokeniseReport } {
  const report: TokeniseReport = {
    examples: examples.length,
    dropped: 0,
    truncatedPrompts: 0,
    truncatedAnswers: 0,
    longest: 0,
    tokens: 0,
    targets: 0,
  };
  const items: Item[] = [];
  for (const example of examples) {
    const encoded = encodeExample(example, encoding);
    const fitted = fitSequences(encoded, example.line, options, report);
    if (!fitted || (options.distinctAnswers && hasEqualSequences(fitted))) {
      report.dropped++;
      continue;
    }
    for (const { tokens, targets } of fitted) {
      report.longest = Math.max(report.longest, tokens.length);
      report.tokens += tokens.length;
      report.targets += targets.length;
    }
    const { line, margins, desirable } = example;
    items.push({ line, sequences: fitted, margins, desirable: desirable ?? true });
  }
  return { items, report };
}

/** Every answer behind its prompt. */
export function encodeExample({ prompt, answers }: Example, encoding: TextEncoding): Sequence[] {
  return answers.map((answer) =>
    typeof answer === 'string'
      ? encodeText(typeof prompt === 'string' ? prompt : '', answer, encoding)
      : encodeConversation(isConversation(prompt) ? prompt : [], answer, encoding),
  );
}

const isConversation = (text: Text): text is readonly ChatTurn[] => typeof text !== 'string';

/** Raw text, as TRL does it: no template, the end-of-text token closes the answer. */
function encodeText(prompt: string, answer: string, { vocabulary }: TextEncoding): Sequence {
  const start = vocabulary.addsBos && vocabulary.bos !== null ? [vocabulary.bos] : [];
  const promptIds = [...start, ...vocabulary.tokenize(prompt)];
  const whole = [...start, ...vocabulary.tokenize(prompt + answer)];
  const ids = startsWith(whole, promptIds) ? whole : [...promptIds, ...vocabulary.tokenize(answer)];
  const closing = vocabulary.eos ?? vocabulary.eot;
  const last = ids.at(-1);
  if (closing !== null && (last === undefined || !vocabulary.isEndOfGeneration(last))) ids.push(closing);
  return toSequence(ids, [[Math.max(1, promptIds.length), ids.length]]);
}

/**
 * A conversation whose assistant turns from `answer` on are learnt. The ids are those that serving reads when it is asked for the last
 * turn; an earlier turn is learnt where they agree with what serving read then (some templates rewrite the past: then it is not).
 */
function encodeConversation(
  prompt: readonly ChatTurn[],
  answer: readonly ChatTurn[],
  encoding: TextEncoding,
): Sequence {
  const turns = [...prompt, ...answer];
  const spans: [number, number][] = [];
  let ids: readonly number[] = [];
  for (let index = turns.length - 1; index >= prompt.length; index--) {
    const turn = turns[index];
    if (turn?.role !== 'assistant') continue;
    const { promptIds, answerIds } = encodeTurn(turns.slice(0, index), turn, encoding);
    const upToHere = [...promptIds, ...answerIds];
    if (ids.length === 0) ids = upToHere;
    else if (!startsWith(ids, upToHere)) continue;
    spans.unshift([Math.max(1, promptIds.length), upToHere.length]);
  }
  return toSequence(ids, spans);
}

/** The prompt as serving encodes it, and the answer up to and with the token that ends the turn. */
function encodeTurn(
  before: readonly ChatTurn[],
  turn: ChatTurn,
  { vocabulary, template }: TextEncoding,
): { promptIds: number[]; answerIds: number[] } {
  const promptIds = [...template.encodeConversation(before, { addGenerationPrompt: true })];
  const whole = [...template.encodeConversation([...before, turn], { addGenerationPrompt: false })];
  // Where the answer's first letters would merge with the prompt's last, serving has them apart.
  const answerIds = startsWith(whole, promptIds)
    ? whole.slice(promptIds.length)
    : [...vocabulary.tokenize(turn.content, { parseSpecial: false })];
  const end = answerIds.findIndex((id) => vocabulary.isEndOfGeneration(id));
  if (end >= 0) return { promptIds, answerIds: answerIds.slice(0, end + 1) };
  const closing = vocabulary.eot ?? vocabulary.eos;
  return { promptIds, answerIds: closing === null ? answerIds : [...answerIds, closing] };
}

/** Cuts the same tokens from the beginning of all prompts, then the ends of answers; null when the example is to be left out. */
function fitSequences(
  sequences: readonly Sequence[],
  line: number,
  { maxLength, contextLength, tooLong }: TokeniseOptions,
  report: TokeniseReport,
): Sequence[] | null {
  const limit = Math.min(maxLength, contextLength);
  const longest = Math.max(...sequences.map(({ tokens }) => tokens.length));
  if (longest <= limit) return [...sequences];
  if (tooLong === 'drop') return null;
  const promptLength = Math.min(...sequences.map(({ targets }) => targets[0] ?? 0));
  const longestAnswer = longest - promptLength;
  if (longestAnswer > contextLength) {
    throw new AppError('DATA_ANSWER_TOO_LONG', { line, tokens: longestAnswer, contextLength });
  }
  const cut = Math.min(longest - limit, promptLength - 1);
  if (cut > 0) report.truncatedPrompts++;
  if (longest - cut > limit) report.truncatedAnswers++;
  return sequences.map(({ tokens, targets }) => ({
    tokens: tokens.slice(cut, cut + limit),
    targets: targets.map((target) => target - cut).filter((target) => target < limit),
  }));
}

function hasEqualSequences(sequences: readonly Sequence[]): boolean {
  return new Set(sequences.map(({ tokens }) => tokens.join())).size < sequences.length;
}

function toSequence(ids: readonly number[], spans: readonly (readonly [number, number])[]): Sequence {
  const targets = spans.flatMap(([start, end]) =>
    Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index),
  );
  return { tokens: Int32Array.from(ids), targets: Int32Array.from(targets) };
}

function startsWith(ids: readonly number[], start: readonly number[]): boolean {
  return start.length <= ids.length && start.every((id, index) => ids[index] === id);
}

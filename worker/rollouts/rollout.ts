/** The answers of one step, group by group, and how they are laid out to be computed: a group's prompt once, its answers behind it. */
import type { ChatTurn } from '../../common/contracts/generation.js';
import type { Text } from '../../common/data/rows.js';
import { layOut, layoutFor, type BatchLayout, type SequenceSpan } from '../data/layout.js';
import { chunked } from '../data/order.js';
import type { Item } from '../data/tokenise.js';
import type { JudgedAnswer, ReadOutputs } from '../rlhf/algorithm.js';
import type { SampledAnswer } from './policy-sampler.js';
import type { RewardedAnswer } from './rewards.js';

/** All answers to one prompt, each step of their way beside the others: `answers[i]`, `rewarded[i]`, `judged[i]`. */
export interface Group {
  prompt: Int32Array;
  turns: readonly ChatTurn[];
  answers: readonly SampledAnswer[];
  rewarded: readonly RewardedAnswer[];
  judged: readonly JudgedAnswer[];
}

/** What is computed together, and where each of its answers lies. */
export interface AnswerBatch {
  layout: BatchLayout;
  places: readonly { group: number; answer: number; span: SequenceSpan }[];
}

export interface BatchOptions {
  reads: ReadOutputs;
  /** Groups computed together. */
  size: number;
  /** Whether an answer is computed at all. Default yes. */
  includes?: (group: number, answer: number) => boolean;
}

/** @returns batches in the groups' order; a group without an included answer is left out */
export function toAnswerBatches(
  groups: readonly Pick<Group, 'prompt' | 'answers'>[],
  { reads, size, includes = () => true }: BatchOptions,
): AnswerBatch[] {
  const wanted = groups
    .map(({ prompt, answers }, group) => ({
      prompt,
      members: answers.flatMap(({ tokens }, answer) =>
        includes(group, answer) ? [{ group, answer, tokens }] : [],
      ),
    }))
    .filter(({ members }) => members.length > 0);
  return chunked(wanted, size).map((chunk) => {
    const items = chunk.map(({ prompt, members }) => toItem(prompt, members));
    const layout = layOut(items, layoutFor[reads]);
    const places = chunk.flatMap(({ members }, item) =>
      members.flatMap(({ group, answer }, sequence) => {
        const span = layout.spans[item]?.[sequence];
        return span ? [{ group, answer, span }] : [];
      }),
    );
    return { layout, places };
  });
}

function toItem(prompt: Int32Array, members: readonly { tokens: Int32Array }[]): Item {
  const sequences = members.map(({ tokens }) => {
    const whole = new Int32Array(prompt.length + tokens.length);
    whole.set(prompt);
    whole.set(tokens, prompt.length);
    const targets = Int32Array.from(tokens, (_, index) => prompt.length + index);
    return { tokens: whole, targets };
  });
  return { line: 0, sequences, margins: [], desirable: true };
}

/** A prompt of the greatest size that its group can have: what the memory of a run is planned by. */
export function toLargestItem(
  { sequences, ...item }: Item,
  { groupSize, maxNewTokens }: { groupSize: number; maxNewTokens: number },
): Item {
  const prompt = sequences[0]?.tokens ?? new Int32Array();
  // Unlike from their first token on, so that they share the prompt alone.
  const answers = Array.from({ length: groupSize }, (_, answer) => ({
    tokens: new Int32Array(maxNewTokens).fill(answer),
  }));
  return { ...item, ...toItem(prompt, answers) };
}

/** Raw text is what a user said. */
export const toTurns = (prompt: Text): readonly ChatTurn[] =>
  typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;

/** Tokens of all sequences, as TRL counts them: a prompt once for each of its answers. */
export function countRolloutTokens(groups: readonly Pick<Group, 'prompt' | 'answers'>[]): number {
  return groups.reduce(
    (sum, { prompt, answers }) =>
      sum + answers.reduce((tokens, answer) => tokens + prompt.length + answer.tokens.length, 0),
    0,
  );
}

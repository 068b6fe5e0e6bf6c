/**
 * Best of N: several answers from one copy of the prompt, of which a reward model picks the one that is given.
 *
 * Nothing of the others is kept but their scores. A worker that dies over it leaves no text, so that whoever takes the answer up begins
 * again.
 */
import type { BestOf, Provenance, TokenLogProb } from '../../common/contracts/generation.js';
import { seedCount } from '../../common/contracts/sampling.js';
import { indexOfBest } from '../runs/reward-scorer.js';
import type { AnswerDelta, AnswerOutcome } from './loop/answer.js';

/** One of the answers. */
export interface Candidate {
  text: string;
  logProbs: TokenLogProb[];
  outcome: AnswerOutcome;
  seed: number;
}

export interface Chosen extends Candidate {
  /** Tokens of the others, which cost as much. */
  otherTokens: number;
  bestOf: Provenance['bestOf'];
}

export interface BestOfTools {
  /** Writes one answer; ends early when the answer is called off. */
  write(seed: number, onDelta: (delta: AnswerDelta) => void): Promise<AnswerOutcome>;
  /** @returns name of the reward model, and a score for each text */
  score(texts: readonly string[]): Promise<{ name: string; scores: readonly number[] }>;
  onProgress(written: number): void;
  /** Called off: what has been written of the first is given as it is. */
  isCalledOff(): boolean;
}

export async function chooseBest(
  { count, rewardVersionId }: BestOf,
  seed: number,
  tools: BestOfTools,
): Promise<Chosen> {
  let written = 0;
  tools.onProgress(0);
  const candidates = await Promise.all(
    Array.from({ length: count }, async (_, index): Promise<Candidate> => {
      const own = (seed + index) % seedCount;
      let text = '';
      const logProbs: TokenLogProb[] = [];
      const outcome = await tools.write(own, (delta) => {
        text += delta.text;
        logProbs.push(...delta.logProbs);
      });
      tools.onProgress(++written);
      return { text, logProbs, outcome, seed: own };
    }),
  );
  const scored = tools.isCalledOff() ? null : await tools.score(candidates.map(({ text }) => text));
  const chosen = candidates[scored ? indexOfBest(scored.scores) : 0];
  if (!chosen) throw new TypeError('none of several answers is the best');
  const all = candidates.reduce((sum, { outcome }) => sum + outcome.tokens.length, 0);
  return {
    ...chosen,
    otherTokens: all - chosen.outcome.tokens.length,
    bestOf: scored ? { rewardVersionId, rewardName: scored.name, scores: [...scored.scores] } : undefined,
  };
}

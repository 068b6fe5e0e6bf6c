/** Candidate against live version, from what each of them says of the same held-out pairs. Pure. */
import { AppError } from '../../common/contracts/errors.js';
import type { EvaluationResult, VersionMeasures } from '../../common/contracts/evaluations.js';
import type { JudgedAnswer, JudgedPair } from './pair-judgement.js';

/** One version, judged. */
export interface JudgedVersion {
  pairs: readonly JudgedPair[];
  dropped: number;
  /** What it said to held-out prompts. */
  answers: readonly string[];
}

/** Log-probs of the same tokens by the trainer and by the server, nats; with the adapter and of the base alone. */
export interface SidesOfAVersion {
  trainer: readonly number[];
  server: readonly number[];
  trainerBase: readonly number[];
  serverBase: readonly number[];
}

/** Trainer and server may differ by this, nats a token, whatever the base differs by. */
const exactEnough = 0.02;

/**
 * @param candidate  its pairs are the live version's, one by one
 * @throws AppError `EVALUATION_ROWS_DIFFER` when there are more of the one than of the other
 */
export function compareVersions(
  candidate: JudgedVersion,
  live: JudgedVersion,
  sides: SidesOfAVersion,
): EvaluationResult {
  const counts = { candidate: candidate.pairs.length, live: live.pairs.length };
  if (counts.candidate !== counts.live) throw new AppError('EVALUATION_ROWS_DIFFER', counts);
  const margins = candidate.pairs.map((pair, index) => leaning(pair) - leaning(live.pairs[index] ?? pair));
  return {
    pairs: margins.length,
    dropped: candidate.dropped,
    wins: margins.filter((margin) => margin > 0).length,
    margin: mean(margins),
    votes: castVotes(candidate.pairs, margins),
    candidate: measure(candidate),
    live: measure(live),
    parity: compareSides(sides),
  };
}

/**
 * One vote a prompt, by the mean margin of its pairs: somebody who picks one of five answers makes four pairs, and has said one thing.
 *
 * @param margins  of the pairs, nats a token
 */
function castVotes(pairs: readonly JudgedPair[], margins: readonly number[]): EvaluationResult['votes'] {
  const ofPrompts = new Map<string, number[]>();
  for (const [index, { prompt }] of pairs.entries())
    ofPrompts.set(prompt, [...(ofPrompts.get(prompt) ?? []), margins[index] ?? 0]);
  const won = [...ofPrompts.values()].filter((ofPrompt) => mean(ofPrompt) > 0);
  return { count: ofPrompts.size, won: won.length };
}

function measure({ pairs, answers }: JudgedVersion): VersionMeasures {
  const tokens = pairs.reduce((sum, { better }) => sum + better.tokens, 0);
  const logProb = pairs.reduce((sum, { better }) => sum + better.logProb, 0);
  return {
    accuracy: mean(pairs.map(({ better, worse }) => Number(perToken(better) > perToken(worse)))),
    perplexity: Math.exp(-logProb / Math.max(1, tokens)),
    answerLength: mean(answers.map((answer) => [...answer].length)),
  };
}

/** A quantised base is computed in two ways, which differ by themselves; an adapter must not add much to that. */
export function compareSides({
  trainer,
  server,
  trainerBase,
  serverBase,
}: SidesOfAVersion): EvaluationResult['parity'] {
  const meanDifference = meanDistance(trainer, server);
  const baseDifference = meanDistance(trainerBase, serverBase);
  const passes = trainer.length > 0 && meanDifference <= Math.max(exactEnough, 2 * baseDifference);
  return { tokens: trainer.length, meanDifference, baseDifference, passes };
}

/**
 * How much likelier the better answer is, nats a token. Not an answer: whatever changes a version makes every token of what it used to say
 * less likely, and the longer answer loses more by that. Where people like short ones, any drift would win.
 */
const leaning = ({ better, worse }: JudgedPair) => perToken(better) - perToken(worse);
const perToken = ({ logProb, tokens }: JudgedAnswer) => logProb / Math.max(1, tokens);
const meanDistance = (a: readonly number[], b: readonly number[]) =>
  mean(a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));
const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

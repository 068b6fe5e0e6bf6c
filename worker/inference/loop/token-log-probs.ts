/** Log-probabilities as the model gave them, before temperature and every other rule of sampling. */
import type { TokenLogProb } from '../../../common/contracts/generation.js';
import type { Vocabulary } from '../../../common/llama/vocabulary.js';
import { showable } from './answer-text.js';

/**
 * @param logits  raw, [V]
 * @param token   the token that was drawn
 * @param count   alternatives to name, likeliest first; the drawn token may be among them
 */
export function toTokenLogProb(
  vocabulary: Vocabulary,
  logits: Float32Array,
  token: number,
  count: number,
): TokenLogProb {
  const normaliser = logSumExp(logits);
  const describe = (id: number) => ({
    ...spell(vocabulary, id),
    logProb: (logits[id] ?? -Infinity) - normaliser,
  });
  return { ...describe(token), top: topIndices(logits, count).map(describe) };
}

/** Natural logarithm of the sum of exponentials, in double precision. */
export function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (const logit of logits) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}

/** @returns indices of the `count` largest, largest first; the lower index wins a tie */
export function topIndices(logits: Float32Array, count: number): number[] {
  const top: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id] ?? -Infinity;
    if (top.length === count && value <= (logits[top[count - 1] ?? -1] ?? Infinity)) continue;
    let place = top.length;
    while (place > 0 && (logits[top[place - 1] ?? 0] ?? 0) < value) place--;
    top.splice(place, 0, id);
    if (top.length > count) top.pop();
  }
  return top;
}

function spell(vocabulary: Vocabulary, id: number): { text: string; bytes: number[] } {
  const bytes = vocabulary.tokenBytes(id);
  if (bytes.length > 0) return { text: showable(new TextDecoder().decode(bytes)), bytes: [...bytes] };
  // A control token writes nothing, yet the reader wants to see that the model meant to end here.
  const text = vocabulary.tokenText(id);
  return { text, bytes: [...new TextEncoder().encode(text)] };
}

/** From log-probabilities to what the token view shows. Pure, so that its numbers can be tested. */
import type { TokenLogProb } from '$contracts';

export interface Alternative {
  text: string;
  /** 0 to 1. */
  probability: number;
  /** It is the token that was drawn. */
  chosen: boolean;
}

/** @returns e^logProb, at most 1 */
export function probabilityOf({ logProb }: Pick<TokenLogProb, 'logProb'>): number {
  return Math.min(1, Math.exp(logProb));
}

/** The drawn token among its alternatives, likeliest first. */
export function alternativesOf(token: TokenLogProb): Alternative[] {
  const others = token.top
    .filter(({ bytes }) => !sameBytes(bytes, token.bytes))
    .map((other) => ({ text: other.text, probability: probabilityOf(other), chosen: false }));
  const chosen = { text: token.text, probability: probabilityOf(token), chosen: true };
  return [chosen, ...others].sort((a, b) => b.probability - a.probability);
}

/** Place of the drawn token in the model's order, from 1; null when it was not among the alternatives kept. */
export function rankOf(token: TokenLogProb): number | null {
  const index = token.top.findIndex(({ bytes }) => sameBytes(bytes, token.bytes));
  return index < 0 ? null : index + 1;
}

/** e to the mean negative log-probability: how many tokens, on average, the model hesitated between. */
export function perplexity(tokens: readonly TokenLogProb[]): number {
  if (tokens.length === 0) return Number.NaN;
  const sum = tokens.reduce((total, { logProb }) => total + logProb, 0);
  return Math.exp(-sum / tokens.length);
}

function sameBytes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

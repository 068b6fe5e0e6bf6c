/** What several rounds of the same load came to. */
import type { ChatResult } from './chat-load.js';
import { median, quantile } from './statistics.js';

export class ChatFigures {
  readonly #firstTokenMs: number[] = [];
  readonly #tokensPerSecond: number[] = [];

  /** @param results  of one round */
  add(results: readonly ChatResult[]): void {
    const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
    this.#firstTokenMs.push(...results.map(({ firstTokenMs }) => firstTokenMs));
    this.#tokensPerSecond.push((1000 * tokens) / Math.max(...results.map(({ endMs }) => endMs)));
  }

  /** Median over all chats of all rounds. */
  get firstTokenMs(): number {
    return median(this.#firstTokenMs);
  }

  /** @param share  of the chats that were no later */
  firstTokenMsOf(share: number): number {
    return quantile(this.#firstTokenMs, share);
  }

  /** Of all chats of a round together; median over the rounds. */
  get tokensPerSecond(): number {
    return median(this.#tokensPerSecond);
  }
}

/** Figures for each of those who are measured. */
export const openFigures = <Key>(keys: readonly Key[]) =>
  new Map(keys.map((key) => [key, new ChatFigures()]));

/**
 * How many prompt tokens a step may take, as told from how long this machine's steps have taken so far.
 *
 * The mean time to first token of prompts that wait together is least when a step takes the square root of (all of their time) x (the time
 * of a step without prompts): shorter steps cost one more each, and in longer ones the first prompts wait for the last. With n prompts of
 * p ms in k steps, and s ms for a step, the mean is about n p / 2 + n p / 2k + k s / 2. Running answers bound it, so that a long prompt does
 * not hold them up: the fewer of them for each prompt, the longer they may be held up.
 */
const smallestChunk = 16;
/** Weight of the newest step in the running mean. */
const learningRate = 0.3;

/** Who is in a step. */
export interface Crowd {
  /** Answers that run. */
  answering: number;
  /** Prompts that wait. */
  reading: number;
  /** Tokens of theirs that are still to be read. */
  wanted: number;
}

export class PromptPace {
  /** Milliseconds that a prompt token adds to a step; null until a step told. */
  #msPerToken: number | null = null;
  /** Milliseconds of a step without any prompt. */
  #msPerStep: number | null = null;

  /**
   * @param delayMs  what prompts may always hold running answers up by, per step, and at most times the answers and prompts that come on
   *                 each running answer; Infinity for no limit
   */
  constructor(private readonly delayMs: number) {}

  /** @returns tokens, 16 at least and `most` at most */
  chunk(most: number, { answering, reading, wanted }: Crowd): number {
    // Nobody waits: the size of a chunk, and with it every rounding, is then no matter of how fast the machine was.
    if (this.delayMs === Infinity || (answering === 0 && reading === 1)) return most;
    if (!this.#msPerToken) return answering === 0 ? most : Math.min(most, 4 * smallestChunk);
    const bestMs = Math.sqrt(wanted * this.#msPerToken * (this.#msPerStep ?? 0));
    const mostMs = answering === 0 ? Infinity : (this.delayMs * (answering + reading)) / answering;
    const tokens = Math.round(Math.min(Math.max(bestMs, this.delayMs), mostMs) / this.#msPerToken);
    return Math.min(most, Math.max(smallestChunk, tokens));
  }

  observe({ promptTokens, ms }: { promptTokens: number; ms: number }): void {
    if (promptTokens === 0) {
      this.#msPerStep = mean(this.#msPerStep, ms);
      return;
    }
    if (promptTokens < smallestChunk) return;
    this.#msPerToken = mean(this.#msPerToken, Math.max(0, ms - (this.#msPerStep ?? 0)) / promptTokens);
  }
}

const mean = (before: number | null, now: number) =>
  before === null ? now : before + learningRate * (now - before);

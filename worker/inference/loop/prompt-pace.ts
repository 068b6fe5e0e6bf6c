/**
 * How many prompt tokens may ride along with running answers, so that a long new prompt does not hold them up: as many as this machine
 * computes in about the given time, learned from the steps so far. The more prompts wait for each running answer, the longer it may take,
 * and while one of them is not begun, longer by as long as it has waited: a crowd that comes at once is let in within two or three steps,
 * rather than behind the first of them.
 */
const smallestChunk = 16;
/** What a wait may add, in times of the delay for each answer. */
const mostPatience = 10;
/** Weight of the newest step in the running mean. */
const learningRate = 0.3;

/** Who is in a step. */
export interface Crowd {
  /** Answers that run, at least one. */
  answering: number;
  /** Prompts that wait. */
  reading: number;
  /** How long ago the oldest of the prompts came that are not begun; 0 where all are. */
  waitedMs: number;
}

export class PromptPace {
  /** Milliseconds that a prompt token adds to a step; null until a step told. */
  #msPerToken: number | null = null;
  /** Milliseconds of a step without any prompt. */
  #msPerStep: number | null = null;

  /** @param delayMs  what a step may take for prompts, times the answers and prompts that come on each running answer; Infinity for no limit */
  constructor(private readonly delayMs: number) {}

  /** @returns tokens, 16 at least and `most` at most */
  chunk(most: number, { answering, reading, waitedMs }: Crowd): number {
    // Nobody waits: the size of a chunk, and with it every rounding, is then no matter of how fast the machine was.
    if (this.delayMs === Infinity) return most;
    const patienceMs = Math.min(waitedMs, mostPatience * this.delayMs);
    const delayMs = (this.delayMs * (answering + reading)) / answering + patienceMs;
    const affordable = this.#msPerToken ? Math.round(delayMs / this.#msPerToken) : 4 * smallestChunk;
    return Math.min(most, Math.max(smallestChunk, affordable));
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

/** One sequence of the context: what its cache holds, and the answer that runs in it. */
import type { LoraAdapter } from '../../../common/llama/model.js';
import type { RunningAnswer } from './running-answer.js';

export class Slot {
  /** Token ids whose keys and values are in the cache, or in the decode under way. */
  tokens: number[] = [];
  /** The adapter that computed them; another one's cache is of no use. */
  adapter: LoraAdapter | null = null;
  answer: RunningAnswer | null = null;
  /** What the cache holds is parked as well. */
  isParked = false;
  /** Rises with every admission; the lowest has been idle longest. */
  lastUsed = 0;

  constructor(readonly sequence: number) {}

  /** Tokens still to be computed before the next one can be drawn; 1 while answering, more while the prompt is read. */
  get wanted(): number {
    return this.answer ? this.answer.sequence.length - this.tokens.length : 0;
  }
}

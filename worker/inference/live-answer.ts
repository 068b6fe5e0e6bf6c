/** One generation while this worker has it: its text so far, and the ways in which it may be called off. */
import type { GenerationEvent, TokenLogProb } from '../../common/contracts/generation.js';

/** Why an answer was called off: by its reader, because this worker shuts down, or because another worker has it now. */
export type CallOff = 'stopped' | 'handed-over' | 'lost';

export class LiveAnswer {
  text = '';
  logProbs: TokenLogProb[] = [];
  /** The text differs from what Postgres has. */
  isDirty = false;
  calledOff: CallOff | null = null;
  readonly #controller = new AbortController();

  constructor(readonly id: string) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first reason stays. */
  callOff(reason: CallOff): void {
    this.calledOff ??= reason;
    this.#controller.abort();
  }

  /** All that was said, for readers who may have lost what they had. */
  retell(): GenerationEvent {
    const { text, logProbs } = this;
    return { type: 'delta', offset: 0, text, ...(logProbs.length > 0 && { logProbs: [...logProbs] }) };
  }

  append(text: string, logProbs: readonly TokenLogProb[]): void {
    this.text += text;
    this.logProbs.push(...logProbs);
    this.isDirty = true;
  }
}

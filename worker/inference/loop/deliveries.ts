/** Drawn tokens on their way to their readers: kept while the next decode starts, shown while it runs, each answer's in order. */
import type { AnswerOutcome, AnswerRequest } from './answer.js';
import type { RunningAnswer } from './running-answer.js';

/** Whoever waits for an answer. */
export interface Waiting {
  request: AnswerRequest;
  resolve: (outcome: AnswerOutcome) => void;
  reject: (error: unknown) => void;
}

export interface Delivery {
  answer: RunningAnswer;
  /** Null when there is only an end to report. */
  token: number | null;
  logits: Float32Array | null;
  /** Set when the answer ends with it. */
  stopReason: AnswerOutcome['stopReason'] | null;
}

export class Deliveries {
  readonly #waiting = new Map<RunningAnswer, Waiting>();
  #due: Delivery[] = [];

  /** @param onEnd  told of each answer that has been reported in full, before its reader is */
  constructor(private readonly onEnd: (answer: RunningAnswer) => void) {}

  open(answer: RunningAnswer, waiting: Waiting): void {
    this.#waiting.set(answer, waiting);
  }

  add(delivery: Delivery): void {
    this.#due.push(delivery);
  }

  /** Shows all that is due. A stop string ends an answer here, whatever was drawn for it after. */
  deliver(): void {
    for (const { answer, token, logits, stopReason } of this.#due.splice(0)) {
      if (!this.#waiting.has(answer)) continue;
      const isStopped = token !== null && answer.show(token, logits);
      if (isStopped) this.#finish(answer, 'stop');
      else if (stopReason) {
        answer.showRest();
        this.#finish(answer, stopReason);
      }
    }
  }

  failAll(error: unknown): void {
    this.#due = [];
    for (const [answer, { reject }] of this.#waiting) {
      reject(error);
      answer[Symbol.dispose]();
    }
    this.#waiting.clear();
  }

  #finish(answer: RunningAnswer, stopReason: AnswerOutcome['stopReason']): void {
    this.onEnd(answer);
    this.#waiting.get(answer)?.resolve(answer.toOutcome(stopReason));
    this.#waiting.delete(answer);
    answer[Symbol.dispose]();
  }
}

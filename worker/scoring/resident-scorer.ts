/**
 * A reward model that stays in memory while answers are scored: opening one takes seconds, a score a fraction of one.
 *
 * In a process of its own, since the trainer's weights lie beside those that serve, and whoever runs out of memory over it must not be the
 * one that people chat with. Left alone for a while, it goes.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../common/contracts/errors.js';
import type { ScoredPrompt } from '../runs/reward-scorer.js';
import { scoreReplySchema, type ScoreQuestion } from './score-messages.js';

const idleMs = 10 * 60_000;

interface Waiting {
  resolve(scores: number[][]): void;
  reject(error: Error): void;
}

/** A process and the questions that it has still to answer, by their ids. */
interface Running {
  child: ChildProcess;
  waiting: Map<number, Waiting>;
}

export class ResidentScorer implements Disposable {
  #running: Running | null = null;
  #asked = 0;
  #idle: NodeJS.Timeout | undefined;

  /**
   * @returns scores `[prompt][answer]`, higher for what people would prefer
   * @throws AppError what `RewardScorer` throws; `REWARD_SCORER_CRASHED` when the process ended over it
   */
  async score(source: ScoreQuestion['source'], prompts: readonly ScoredPrompt[]): Promise<number[][]> {
    clearTimeout(this.#idle);
    const { child, waiting } = (this.#running ??= this.#start());
    const id = ++this.#asked;
    const question: ScoreQuestion = {
      id,
      source,
      prompts: prompts.map(({ turns, answers }) => ({ turns: [...turns], answers: [...answers] })),
    };
    try {
      return await new Promise<number[][]>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        // A process that is gone is told of by its end.
        child.send(question, () => undefined);
      });
    } finally {
      waiting.delete(id);
      this.#rest();
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    this.#running?.child.kill('SIGKILL');
    this.#running = null;
  }

  /** Lets the process go after a while in which nobody asks. */
  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#running?.waiting.size !== 0) return;
    this.#idle = setTimeout(() => this[Symbol.dispose](), idleMs).unref();
  }

  #start(): Running {
    const child = fork(fileURLToPath(new URL('./score-child.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const waiting: Running['waiting'] = new Map();
    child.on('message', (message) => {
      const { data: reply } = scoreReplySchema.safeParse(message);
      // Nor can be read whose answer it was: the end of the process tells everybody.
      if (!reply) return child.kill('SIGKILL');
      const asked = waiting.get(reply.id);
      if (reply.type === 'scores') asked?.resolve(reply.scores);
      else asked?.reject(AppError.restore(reply.error));
    });
    child.once('close', (code, signal) => {
      // It may have a successor already.
      if (this.#running?.child === child) this.#running = null;
      const how = signal ?? `exit code ${code}`;
      for (const { reject } of waiting.values()) reject(new AppError('REWARD_SCORER_CRASHED', { how }));
    });
    return { child, waiting };
  }
}

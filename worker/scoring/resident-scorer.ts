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

export class ResidentScorer implements Disposable {
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | null = null;
  #asked = 0;
  #idle: NodeJS.Timeout | null = null;

  /**
   * @returns scores `[prompt][answer]`, higher for what people would prefer
   * @throws AppError what `RewardScorer` throws; `REWARD_SCORER_CRASHED` when the process ended over it
   */
  async score(source: ScoreQuestion['source'], prompts: readonly ScoredPrompt[]): Promise<number[][]> {
    if (this.#idle) clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    const id = ++this.#asked;
    const question: ScoreQuestion = {
      id,
      source,
      prompts: prompts.map(({ turns, answers }) => ({ turns: [...turns], answers: [...answers] })),
    };
    try {
      return await new Promise<number[][]>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        // A process that is gone is told of by its end.
        child.send(question, () => undefined);
      });
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => this[Symbol.dispose](), idleMs).unref();
    }
  }

  [Symbol.dispose](): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(new URL('./score-child.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message) => {
      const { data: reply } = scoreReplySchema.safeParse(message);
      // Nor can be read whose answer it was: the end of the process tells everybody.
      if (!reply) return child.kill('SIGKILL');
      const waiting = this.#waiting.get(reply.id);
      if (reply.type === 'scores') waiting?.resolve(reply.scores);
      else waiting?.reject(AppError.restore(reply.error));
    });
    child.once('close', (code, signal) => {
      if (this.#child === child) this.#child = null;
      const how = signal ?? `exit code ${code}`;
      for (const { reject } of this.#waiting.values()) reject(new AppError('REWARD_SCORER_CRASHED', { how }));
    });
    return child;
  }
}

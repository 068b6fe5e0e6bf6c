/** All generations that this worker has: saved to Postgres about once a second, stopped when their readers ask for it. */
import type { Redis } from 'ioredis';
import type { Logger } from '../../common/logging/logger.js';
import { isStopRequested, stopChannel } from '../../common/queue/generation-stream.js';
import type { EventOutbox } from './event-outbox.js';
import type { GenerationStore } from './generation-store.js';
import { LiveAnswer, type CallOff } from './live-answer.js';

const saveIntervalMs = 1000;

export interface LiveAnswersOptions {
  redis: Redis;
  store: GenerationStore;
  outbox: EventOutbox;
  log: Logger;
}

export class LiveAnswers implements AsyncDisposable {
  readonly #answers = new Map<string, LiveAnswer>();
  readonly #subscriber: Redis;
  readonly #timer: NodeJS.Timeout;
  readonly #onReady = () => this.#sayAllAgain();
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly options: LiveAnswersOptions) {
    this.#subscriber = options.redis.duplicate();
    this.#subscriber.on('error', () => undefined);
    this.#subscriber.on('message', (_channel, id: string) => this.#answers.get(id)?.callOff('stopped'));
    void this.#subscriber.subscribe(stopChannel).catch(() => undefined);
    this.#timer = setInterval(() => void this.save(), saveIntervalMs);
    // Redis is back after an outage, perhaps empty.
    options.redis.on('ready', this.#onReady);
  }

  add(id: string): LiveAnswer {
    const answer = new LiveAnswer(id);
    this.#answers.set(id, answer);
    return answer;
  }

  remove(id: string): void {
    this.#answers.delete(id);
  }

  callOffAll(reason: CallOff): void {
    for (const answer of this.#answers.values()) answer.callOff(reason);
  }

  callOff(ids: readonly string[], reason: CallOff): void {
    for (const id of ids) this.#answers.get(id)?.callOff(reason);
  }

  /** One save at a time, in order. A database that is away is tried again a second later. */
  save(): Promise<void> {
    this.#saving = this.#saving
      .then(() => this.options.store.save([...this.#answers.values()]))
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'answers could not be saved yet'));
    return this.#saving;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.options.redis.off('ready', this.#onReady);
    this.#subscriber.disconnect();
    await this.save();
  }

  #sayAllAgain(): void {
    for (const answer of this.#answers.values()) {
      if (answer.text !== '') this.options.outbox.add(answer.id, answer.retell());
      void this.#stopIfAsked(answer);
    }
  }

  /** A stop that was published during the outage was missed; its key was not. */
  async #stopIfAsked(answer: LiveAnswer): Promise<void> {
    const isAsked = await isStopRequested(this.options.redis, answer.id).catch(() => false);
    if (isAsked) answer.callOff('stopped');
  }
}

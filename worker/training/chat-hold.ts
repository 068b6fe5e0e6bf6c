/** Keeps the chat paused while a run has the machine to itself. A Redis that is away pauses nobody. */
import type { Redis } from 'ioredis';
import type { Logger } from '../../common/logging/logger.js';
import { pauseChat, resumeChat } from '../../common/queue/chat-pause.js';

const renewIntervalMs = 2000;

export class ChatHold implements AsyncDisposable {
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly services: { redis: Redis; log: Logger }) {
    this.#timer = setInterval(() => void this.#say(pauseChat), renewIntervalMs);
  }

  /** The chat is paused when this returns. */
  static async begin(services: { redis: Redis; log: Logger }): Promise<ChatHold> {
    const hold = new ChatHold(services);
    await hold.#say(pauseChat);
    return hold;
  }

  async #say(word: (redis: Redis) => Promise<void>): Promise<void> {
    const { redis, log } = this.services;
    // A command would wait for as long as Redis is away.
    if (redis.status !== 'ready') return;
    try {
      await word(redis);
    } catch (error) {
      log.warn({ err: error }, 'the chat could not be paused or resumed');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#say(resumeChat);
  }
}

/**
 * What happens to runs, told to whoever watches them on this server: one Redis channel for all, since a machine computes one run at a time.
 * Nothing is kept; a watcher that was away reads the run again.
 */
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { ServerMessage } from '../../common/contracts/socket.js';
import { UserEntity } from '../../common/database/user.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import { runNewsChannel, type RunNews } from '../../common/queue/run-signals.js';
import { LOGGER, REDIS } from '../platform/tokens.js';

export type RunMessage = Extract<ServerMessage, { type: 'run.event' | 'run.changed' }>;

interface Watcher {
  /** Null watches the list: that something changed in any of them. */
  runId: string | null;
  send(message: RunMessage): void;
}

@Injectable()
export class RunNewsService implements OnModuleDestroy {
  private readonly watchers = new Set<Watcher>();
  private readonly subscriber: Redis;
  private wasAway = false;

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly db: DataSource,
  ) {
    this.subscriber = redis.duplicate();
    this.subscriber.on('error', (error) => logger.warn({ err: error }, 'redis subscription failed'));
    this.subscriber.on('message', (_channel, payload) => this.deliver(payload));
    this.subscriber.on('close', () => (this.wasAway = true));
    this.subscriber.on('ready', () => this.mendGap());
    // ioredis subscribes again by itself after an outage.
    this.subscriber.subscribe(runNewsChannel).catch(() => undefined);
  }

  /**
   * Tells of everything from now on.
   *
   * @returns ends the watch
   * @throws AppError `ACCOUNT_FORBIDDEN` for who is no admin
   */
  async watch(userId: string, watcher: Watcher): Promise<() => void> {
    const isAdmin = await this.db.getRepository(UserEntity).existsBy({ id: userId, role: 'admin' });
    if (!isAdmin) throw new AppError('ACCOUNT_FORBIDDEN', { role: 'admin' });
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Says that something about a run's row changed. Does not wait: a Redis that is away holds up nobody. */
  announce(runId: string): void {
    this.redis
      .publish(runNewsChannel, JSON.stringify({ runId, event: null } satisfies RunNews))
      .catch((error: unknown) => this.logger.warn({ err: error }, 'publishing failed'));
  }

  onModuleDestroy(): void {
    this.subscriber.disconnect();
  }

  private mendGap(): void {
    if (!this.wasAway) return;
    this.wasAway = false;
    for (const { runId, send } of this.watchers) send({ type: 'run.changed', runId });
  }

  private deliver(payload: string): void {
    // Written by the workers of the same version: programs are replaced together.
    const { runId, event } = JSON.parse(payload) as RunNews;
    const changed = { type: 'run.changed', runId } as const;
    for (const watcher of this.watchers) {
      if (watcher.runId === runId) watcher.send(event ? { type: 'run.event', runId, event } : changed);
      else if (watcher.runId === null && event?.type !== 'step') watcher.send(changed);
    }
  }
}

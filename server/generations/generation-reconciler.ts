/**
 * Brings back jobs that Redis lost or BullMQ gave up: a generation whose row is unfinished and that no job will finish is enqueued again.
 * Any number of servers may do this at once, as adding a job twice changes nothing.
 */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { GenerateJob } from '../../common/contracts/generation.js';
import { appendEvent } from '../../common/queue/generation-stream.js';
import { listWorkerStatuses, statusIntervalMs } from '../../common/queue/worker-status.js';
import { LOGGER, REDIS } from '../platform/tokens.js';
import { GENERATE_QUEUE } from './generate-queue.js';
import { GenerationService, type GenerationGroup } from './generation.service.js';

const sweepMs = 3000;
/** Groups looked at in one sweep, oldest first. */
const sweepGroups = 1000;
/** After a loss of Redis, its workers have said by then that they are alive. */
const graceMs = 3 * statusIntervalMs;
/** A prompt that ends its worker every time must not do so for ever. */
const maxRestarts = 3;

interface UnfinishedGroup extends GenerationGroup {
  /** Workers that are writing some of it, as far as the rows know. */
  takers: string[];
}

@Injectable()
export class GenerationReconciler implements OnApplicationBootstrap, OnModuleDestroy {
  /** When the job of a group was first found missing, by job. */
  private readonly missingSince = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private sweeping: Promise<void> | null = null;
  private readonly sweepNow = () => void this.sweep();

  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(GENERATE_QUEUE) private readonly queue: Queue<GenerateJob>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(this.sweepNow, sweepMs);
    // A Redis that comes back may have come back empty.
    this.redis.on('ready', this.sweepNow);
    this.sweepNow();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
    this.redis.off('ready', this.sweepNow);
  }

  /** One pass; a call during one joins it. */
  sweep(): Promise<void> {
    this.sweeping ??= this.reconcile()
      .catch((error: unknown) => this.logger.error({ err: error }, 'reconciling failed'))
      .finally(() => (this.sweeping = null));
    return this.sweeping;
  }

  private async reconcile(): Promise<void> {
    const missing: UnfinishedGroup[] = [];
    for (const group of await this.listUnfinished()) {
      const state = await this.queue.getJobState(group.jobId);
      if (state === 'unknown') missing.push(group);
      else if (state === 'failed' || state === 'completed') {
        await this.queue.remove(group.jobId);
        await this.restart(group, { isFault: true });
      }
    }
    for (const group of await this.listOrphans(missing)) await this.restart(group, { isFault: false });
  }

  /**
   * A worker goes on with its answers when Redis has lost their jobs, so only those come back that no worker has, or none that lives.
   * Right after a loss nobody has said yet that they are alive: what is being written is left alone for a while.
   */
  private async listOrphans(missing: readonly UnfinishedGroup[]): Promise<UnfinishedGroup[]> {
    const now = Date.now();
    const jobIds = new Set(missing.map(({ jobId }) => jobId));
    for (const jobId of this.missingSince.keys()) if (!jobIds.has(jobId)) this.missingSince.delete(jobId);
    for (const jobId of jobIds) if (!this.missingSince.has(jobId)) this.missingSince.set(jobId, now);
    if (missing.length === 0) return [];
    const alive = new Set((await listWorkerStatuses(this.redis)).map(({ id }) => id));
    return missing.filter(({ jobId, takers }) => {
      if (takers.length === 0) return true;
      const isPatient = now - (this.missingSince.get(jobId) ?? now) >= graceMs;
      return isPatient && !takers.some((taker) => alive.has(taker));
    });
  }

  private async listUnfinished(): Promise<UnfinishedGroup[]> {
    return this.db.query<UnfinishedGroup[]>(
      `SELECT job_id AS "jobId", min(request_id) AS "requestId", array_agg(id ORDER BY id) AS ids,
              bool_or(num_nonnulls(conversation_id, rating_pair_id) > 0) AS "isBackground",
              coalesce(array_agg(DISTINCT taken_by) FILTER (WHERE status = 'running'), '{}') AS takers
       FROM generations WHERE status IN ('queued', 'running')
       GROUP BY job_id ORDER BY min(created_at) LIMIT $1`,
      [sweepGroups],
    );
  }

  /** The rows decide once more: the answer may have ended between the two looks. */
  private async restart(group: GenerationGroup, { isFault }: { isFault: boolean }): Promise<void> {
    const [rows] = await this.db.query<[{ id: string; restarts: number }[], number]>(
      `UPDATE generations SET restarts = restarts + $2
       WHERE job_id = $1 AND status IN ('queued', 'running') RETURNING id, restarts`,
      [group.jobId, isFault ? 1 : 0],
    );
    if (rows.length === 0) return;
    const restarts = Math.max(...rows.map((row) => row.restarts));
    if (restarts > maxRestarts) return this.giveUp(group, restarts);
    this.logger.info({ requestId: group.requestId, restarts }, 'answer enqueued again');
    await this.generations.enqueue({ ...group, ids: rows.map(({ id }) => id) });
  }

  private async giveUp(group: GenerationGroup, restarts: number): Promise<void> {
    const error = new AppError('GENERATION_GIVEN_UP', { restarts }).toFailure();
    const [rows] = await this.db.query<[{ id: string }[], number]>(
      `UPDATE generations SET status = 'failed', stop_reason = 'failed', error = $2, finished_at = now()
       WHERE job_id = $1 AND status IN ('queued', 'running') RETURNING id`,
      [group.jobId, JSON.stringify(error)],
    );
    this.logger.error({ requestId: group.requestId, restarts }, 'answer given up');
    for (const { id } of rows) await appendEvent(this.redis, id, { type: 'failed', ...error });
  }
}

/**
 * Answers in the making, as the rest of the server sees them: make, follow, stop, read. The chat and the OpenAI-compatible API both stand
 * on it; neither knows the queue or the stream. The row is written before the job, so that a Redis that is away delays an answer
 * (GenerationReconciler enqueues it later) and never loses one.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { DataSource, In, type EntityManager } from 'typeorm';
import { within } from '../../common/async/within.js';
import { AppError } from '../../common/contracts/errors.js';
import type { GenerateJob, GenerationRequest } from '../../common/contracts/generation.js';
import { seedCount } from '../../common/contracts/sampling.js';
import { GenerationEntity } from '../../common/database/generation.entity.js';
import { appendEvent, requestStop, type StreamEntry } from '../../common/queue/generation-stream.js';
import { jobRetention } from '../../common/queue/queues.js';
import { Sweep } from '../platform/sweep.js';
import { LOGGER, REDIS } from '../platform/tokens.js';
import { endedBeforeTaken, isEnd, toEndEntries } from './generation-end.js';
import { GENERATE_QUEUE } from './generate-queue.js';
import { StreamReader } from './stream-reader.js';

export interface NewGenerations {
  requestId: string;
  modelVersionId: string;
  request: GenerationRequest;
  userId: string | null;
  /** Choices of the one prompt, 1 to 16; default 1. */
  count?: number;
  /** The choices' ids, where others are to name them by, and the messages that they are the texts of, if any. */
  answers?: readonly { messageId: string | null; generationId: string }[];
  conversationId?: string;
  /** The pair of a raters' queue that it is one side of. */
  ratingPairId?: string;
}

/** Generations that one job makes. */
export interface GenerationGroup {
  jobId: string;
  requestId: string;
  ids: string[];
  /** Waits until nothing else does. */
  isBackground: boolean;
}

/** Longest that somebody waits for a Redis that does not answer; what was asked of it is done when it is back. */
const patienceMs = 2000;
const backgroundPriority = 10;
const sweepMs = 1000;

/** A running answer's text is saved within this, unless the database is away. */
const savedWithinMs = 5000;
const savedPollMs = 100;

@Injectable()
export class GenerationService implements OnModuleDestroy {
  private readonly reader: StreamReader;
  private readonly sweep: Sweep;

  constructor(
    private readonly db: DataSource,
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(GENERATE_QUEUE) private readonly queue: Queue<GenerateJob>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.reader = new StreamReader(redis, (error) => this.logger.warn({ err: error }, 'stream read failed'));
    const failure = 'looking for ended answers failed';
    this.sweep = new Sweep(() => this.endFinished(), { intervalMs: sweepMs, logger, failure });
    this.sweep.start();
  }

  /** Writes the rows and enqueues their one job. @returns the generations' ids, one per choice */
  async create(input: NewGenerations): Promise<string[]> {
    const group = await this.insert(this.db.manager, input);
    await this.enqueue(group);
    return group.ids;
  }

  /** Writes the rows within the caller's transaction; `enqueue` once that is committed. */
  async insert(manager: EntityManager, input: NewGenerations): Promise<GenerationGroup> {
    const { answers, count = 1, conversationId = null, ratingPairId = null } = input;
    const jobId = randomUUID();
    const ids =
      answers?.map(({ generationId }) => generationId) ?? Array.from({ length: count }, () => randomUUID());
    const messageIds = ids.map((_, choice) => answers?.[choice]?.messageId ?? null);
    const requests = ids.map((_, choice) => JSON.stringify(withSeedOfChoice(input.request, choice)));
    await manager.query(
      `INSERT INTO generations (id, request, job_id, request_id, model_version_id, user_id, message_id, conversation_id, rating_pair_id)
       SELECT choice.id, choice.request::jsonb, $3, $4, $5, $6, choice.message_id, $8, $9
       FROM unnest($1::uuid[], $2::text[], $7::uuid[]) AS choice (id, request, message_id)`,
      [
        ids,
        requests,
        jobId,
        input.requestId,
        input.modelVersionId,
        input.userId,
        messageIds,
        conversationId,
        ratingPairId,
      ],
    );
    const isBackground = conversationId !== null || ratingPairId !== null;
    return { jobId, requestId: input.requestId, ids, isBackground };
  }

  /** Adding a job that is already there changes nothing. Returns in bounded time: what Redis does not take now is enqueued later. */
  async enqueue({ jobId, requestId, ids, isBackground }: GenerationGroup): Promise<void> {
    const options = { jobId, ...jobRetention, ...(isBackground && { priority: backgroundPriority }) };
    await this.waitPatiently(this.queue.add('generate', { requestId, generationIds: ids }, options));
  }

  /**
   * The generation's stream, from its start or after the entry `after`, up to and including its end (`done` or `failed`).
   *
   * A delta says where it belongs (`offset`): one that begins before the end of what was already read replaces what follows it, as happens
   * when a worker died and another went on from the last text saved. A follower always ends: with an end made from the row where the
   * stream is gone; without one only when `signal` fires or the server shuts down.
   */
  async *follow(
    id: string,
    { after = '0-0', signal }: { after?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<StreamEntry, void, undefined> {
    const follower = this.reader.join(id, after);
    const close = () => follower.close();
    signal?.addEventListener('abort', close, { once: true });
    if (signal?.aborted) close();
    // Where the reader of the whole stream stands; unknown for one that comes back.
    let lengthRead = after === '0-0' ? 0 : Infinity;
    let lastEntryId = after;
    try {
      for (let entry = await follower.next(); entry !== null; entry = await follower.next()) {
        if (entry.event.type === 'delta') {
          if (entry.event.offset > lengthRead) {
            const text = await this.findTextBefore(id, entry.event.offset, signal);
            if (text !== null) yield { entryId: lastEntryId, event: { type: 'delta', offset: 0, text } };
          }
          if (lengthRead !== Infinity) lengthRead = entry.event.offset + entry.event.text.length;
        }
        lastEntryId = entry.entryId;
        yield entry;
        if (isEnd(entry.event)) return;
      }
    } finally {
      signal?.removeEventListener('abort', close);
      this.reader.leave(id, follower);
    }
  }

  /** Resolves when all have ended, or when `signal` fires or the server shuts down. */
  async waitForEnd(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        const watch = this.reader.joinForEnd(id);
        const close = () => watch.close();
        signal?.addEventListener('abort', close, { once: true });
        if (signal?.aborted) close();
        await watch.over;
        signal?.removeEventListener('abort', close);
        this.reader.leave(id, watch);
      }),
    );
  }

  /** Rows as they are now, in the order of `ids`. */
  async result(
    ids: readonly string[],
    { logProbs = false }: { logProbs?: boolean } = {},
  ): Promise<GenerationEntity[]> {
    const rows = await this.db.manager.find(GenerationEntity, {
      where: { id: In([...ids]) },
      ...(logProbs && {
        select: Object.fromEntries(columnsWithLogProbs(this.db).map((name) => [name, true])),
      }),
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** Ends it now where nobody has begun, and asks its worker to where somebody has; what was said stays. */
  async stop(id: string): Promise<void> {
    const { affected } = await this.db.manager.update(
      GenerationEntity,
      { id, status: 'queued' },
      { status: 'stopped', stopReason: 'cancelled', finishedAt: () => 'now()' },
    );
    await this.waitPatiently(requestStop(this.redis, id));
    if (affected) await this.waitPatiently(appendEvent(this.redis, id, endedBeforeTaken));
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.sweep.stop(), this.reader.close()]);
  }

  private async waitPatiently(work: Promise<unknown>): Promise<void> {
    const logged = work.catch((error: unknown) => this.logger.error({ err: error }, 'redis refused'));
    await within(patienceMs, logged, null);
  }

  /** Ends the followers of generations whose row is finished or gone; the stream's own end, if it is there, comes first. */
  private async endFinished(): Promise<void> {
    const ids = this.reader.followedIds;
    if (ids.length === 0) return;
    const ends = await this.findEnds(ids);
    ends.forEach((entries, id) => this.reader.end(id, entries));
  }

  private async findEnds(ids: readonly string[]): Promise<Map<string, StreamEntry[]>> {
    // The worker writes the row first and the stream's end right after it: half a second keeps this from overtaking it.
    const rows = await this.db.query<{ id: string; isOver: boolean }[]>(
      `SELECT id, status NOT IN ('queued', 'running') AND finished_at < now() - interval '500 ms' AS "isOver"
       FROM generations WHERE id = ANY($1)`,
      [ids],
    );
    const known = new Set(rows.map(({ id }) => id));
    const finished = rows.filter(({ isOver }) => isOver).map(({ id }) => id);
    const ends = new Map<string, StreamEntry[]>();
    if (finished.length > 0)
      for (const row of await this.result(finished)) ends.set(row.id, toEndEntries(row));
    for (const id of ids) {
      if (known.has(id)) continue;
      const gone = new AppError('RESOURCE_NOT_FOUND', { resource: 'generation' }).toFailure();
      ends.set(id, [{ entryId: `${Date.now()}-0`, event: { type: 'failed', ...gone } }]);
    }
    return ends;
  }

  /**
   * What the row has of the first `offset` units, which the stream has lost. The worker saves the text about once a second, so that the row
   * may have to be waited for; null when it does not get there, since less than what was read already must never replace it.
   */
  private async findTextBefore(id: string, offset: number, signal?: AbortSignal): Promise<string | null> {
    const deadline = Date.now() + savedWithinMs;
    while (!signal?.aborted && Date.now() < deadline) {
      const [row] = await this.result([id]);
      if (!row) return null;
      if (row.text.length >= offset) return row.text.slice(0, offset);
      await delay(savedPollMs);
    }
    return null;
  }
}

/** Choices of a seeded request differ from each other and are the same next time. */
function withSeedOfChoice(request: GenerationRequest, choice: number): GenerationRequest {
  const { seed } = request.sampling;
  if (seed === null || choice === 0) return request;
  return { ...request, sampling: { ...request.sampling, seed: (seed + choice) % seedCount } };
}

function columnsWithLogProbs(db: DataSource): string[] {
  return db.getMetadata(GenerationEntity).columns.map(({ propertyName }) => propertyName);
}

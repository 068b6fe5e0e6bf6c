import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import { embedResultSchema, type EmbedJob, type EmbedResult } from '../../common/contracts/generation.js';
import type { Logger } from '../../common/logging/logger.js';
import { jobRetention, queueNames, queueStreams } from '../../common/queue/queues.js';
import { LOGGER, REDIS } from '../platform/tokens.js';
import { OpenAiModelService } from './model.service.js';

const text = z.string().min(1, 'expected a text that is not empty').max(1_000_000);
export const embeddingRequestSchema = z.strictObject({
  model: z.string().min(1).max(200),
  input: z.union(
    [text, z.array(text).min(1).max(2048)],
    'expected a text or up to 2048 texts; token ids are not taken',
  ),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.null('vectors come as long as the model makes them').optional(),
  user: z.string().nullish(),
});

export const embeddingListSchema = z.strictObject({
  object: z.literal('list'),
  data: z.array(
    z.strictObject({
      object: z.literal('embedding'),
      index: z.int(),
      /** Numbers, or little-endian 32-bit floats in base64. */
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  model: z.string(),
  usage: z.strictObject({ prompt_tokens: z.int(), total_tokens: z.int() }),
});
export type EmbeddingList = z.infer<typeof embeddingListSchema>;

/** Longest that a caller waits for a worker. */
const patienceMs = 60_000;
/** What a worker that refuses a job says: an error's body. */
const failureSchema = z.object({ code: z.string(), message: z.string() });

@Injectable()
export class EmbeddingService implements OnModuleDestroy {
  private readonly queue: Queue<EmbedJob, EmbedResult>;
  private readonly events: QueueEvents;
  private readonly eventConnection: Redis;

  constructor(
    @Inject(REDIS) redis: Redis,
    @Inject(LOGGER) logger: Logger,
    private readonly models: OpenAiModelService,
  ) {
    const connection = redis;
    this.queue = new Queue(queueNames.embed, {
      connection,
      defaultJobOptions: jobRetention,
      streams: queueStreams,
    });
    // Waits for events, so it cannot share a connection.
    this.eventConnection = redis.duplicate();
    this.events = new QueueEvents(queueNames.embed, { connection: this.eventConnection });
    const warn = (error: Error) => logger.warn({ err: error }, 'queue connection failed');
    this.queue.on('error', warn);
    this.events.on('error', warn);
  }

  /** @throws AppError `MODEL_NOT_FOUND`, what the worker says, or `SERVER_UNAVAILABLE` when none has answered in a minute */
  async embed(body: z.infer<typeof embeddingRequestSchema>, requestId: string): Promise<EmbeddingList> {
    const { id: modelVersionId, name } = await this.models.getVersion(body.model);
    const result = await this.run({ requestId, modelVersionId, inputs: [body.input].flat() });
    return {
      object: 'list',
      data: result.embeddings.map((vector, index) => ({
        object: 'embedding',
        index,
        embedding: body.encoding_format === 'base64' ? toBase64(vector) : vector,
      })),
      model: name,
      usage: { prompt_tokens: result.promptTokens, total_tokens: result.promptTokens },
    };
  }

  onModuleDestroy(): void {
    // Not waited for: closing hangs when Redis is gone, though the loop behind it ends.
    void this.events.close().catch(() => undefined);
    this.eventConnection.disconnect();
  }

  private async run(job: EmbedJob): Promise<EmbedResult> {
    const added = await this.queue.add('embed', job);
    try {
      return embedResultSchema.parse(await added.waitUntilFinished(this.events, patienceMs));
    } catch (error) {
      if (await added.isFailed()) throw toFailure(error);
      // Nobody waits for it any more.
      await added.remove().catch(() => undefined);
      throw new AppError('SERVER_UNAVAILABLE', { part: 'The inference worker' }, error);
    }
  }
}

function toFailure(error: unknown): AppError {
  const reason = failureSchema.safeParse(parseJson(error instanceof Error ? error.message : ''));
  return reason.success
    ? AppError.restore(reason.data)
    : new AppError('SERVER_UNAVAILABLE', { part: 'The inference worker' }, error);
}

function parseJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

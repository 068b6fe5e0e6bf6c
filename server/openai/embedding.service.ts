import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { embedResultSchema, type EmbedJob } from '../../common/contracts/generation.js';
import type { Logger } from '../../common/logging/logger.js';
import { queueNames } from '../../common/queue/queues.js';
import { LOGGER, REDIS } from '../platform/tokens.js';
import { WorkerQuestions } from '../platform/worker-questions.js';
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

@Injectable()
export class EmbeddingService implements OnModuleDestroy {
  private readonly worker: WorkerQuestions<EmbedJob>;

  constructor(
    @Inject(REDIS) redis: Redis,
    @Inject(LOGGER) logger: Logger,
    private readonly models: OpenAiModelService,
  ) {
    this.worker = new WorkerQuestions(queueNames.embed, { redis, logger, part: 'The inference worker' });
  }

  /** @throws AppError `MODEL_NOT_FOUND`, what the worker says, or `SERVER_UNAVAILABLE` when none has answered in a minute */
  async embed(body: z.infer<typeof embeddingRequestSchema>, requestId: string): Promise<EmbeddingList> {
    const { id: modelVersionId, name } = await this.models.getVersion(body.model);
    const job = { requestId, modelVersionId, inputs: [body.input].flat() };
    const result = embedResultSchema.parse(await this.worker.ask(job, patienceMs));
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
    this.worker.close();
  }
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

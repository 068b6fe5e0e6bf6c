import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { within } from '../../common/async/within.js';
import type { Serving } from '../../common/contracts/models.js';
import { ServingService } from '../models/serving.service.js';
import { REDIS } from '../platform/tokens.js';

const partSchema = z.strictObject({
  ok: z.boolean(),
  /** Why not; constant phrases, as the answer is public. */
  reason: z.string().nullable(),
});
export const readinessSchema = z.strictObject({
  status: z.enum(['ready', 'not ready']),
  parts: z.strictObject({ database: partSchema, queue: partSchema, model: partSchema }),
});
export type Readiness = z.infer<typeof readinessSchema>;
type Part = z.infer<typeof partSchema>;

const modelFaults: Record<Serving['state'], string | null> = {
  ready: null,
  loading: 'being loaded',
  failed: 'cannot be loaded; the page of models says why',
  none: 'none installed yet',
  away: 'no inference worker is alive',
};

/** Whoever asks waits this long at most. */
const patienceMs = 2000;

/** Can a message be answered now: is there a database, a queue, a model on a worker that is alive? */
@Injectable()
export class ReadinessService {
  constructor(
    private readonly db: DataSource,
    @Inject(REDIS) private readonly redis: Redis,
    private readonly serving: ServingService,
  ) {}

  async check(): Promise<Readiness> {
    const [database, queue, model] = await Promise.all([
      check('does not answer', async () => {
        await this.db.query('SELECT 1');
        return null;
      }),
      check('does not answer', async () => {
        await this.redis.ping();
        return null;
      }),
      check('unknown while the queue does not answer', () => this.findModelFault()),
    ]);
    const isReady = database.ok && queue.ok && model.ok;
    return { status: isReady ? 'ready' : 'not ready', parts: { database, queue, model } };
  }

  private async findModelFault(): Promise<string | null> {
    const { state } = await this.serving.find();
    return modelFaults[state];
  }
}

async function check(reasonOfFailure: string, find: () => Promise<string | null>): Promise<Part> {
  const reason = await within(patienceMs, find(), reasonOfFailure);
  return { ok: reason === null, reason };
}

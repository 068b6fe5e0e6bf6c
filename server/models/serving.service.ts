import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { within } from '../../common/async/within.js';
import type { User } from '../../common/contracts/accounts.js';
import type { Serving } from '../../common/contracts/models.js';
import { listWorkerStatuses, type WorkerStatus } from '../../common/queue/worker-status.js';
import { REDIS } from '../platform/tokens.js';

/** Longest that a page waits for a Redis that does not answer. */
const patienceMs = 1000;
const nobody: Serving = { state: 'away', fault: null };

/** From the nearest to an answer to the farthest. */
const nearness = ['ready', 'loading', 'failed', 'waiting'] as const satisfies WorkerStatus['state'][];
const stateOf = { ready: 'ready', loading: 'loading', failed: 'failed', waiting: 'none' } as const;

/** How the inference workers stand to the default model, as they say themselves. */
@Injectable()
export class ServingService {
  constructor(@Inject(REDIS) private readonly redis: Redis) {}

  /** Waits as long as Redis is away. */
  async find(): Promise<Serving> {
    const workers = await listWorkerStatuses(this.redis);
    const nearest = nearness.find((state) => workers.some((worker) => worker.state === state));
    const fault = workers.find(({ error }) => error !== null)?.error ?? null;
    return { state: nearest === undefined ? 'away' : stateOf[nearest], fault };
  }

  /** What this person may know of it, in bounded time. */
  async findFor({ role }: User): Promise<Serving> {
    const { state, fault } = await within(patienceMs, this.find(), nobody);
    return { state, fault: role === 'admin' ? fault : null };
  }
}

import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { within } from '../../common/async/within.js';
import { trainingStatuses } from '../../common/queue/training-status.js';
import { listWorkerStatuses } from '../../common/queue/worker-status.js';
import { ChatGateway } from '../chat/socket/chat.gateway.js';
import { GENERATE_QUEUE } from '../generations/generate-queue.js';
import type { AnsweredRequest } from '../platform/request.js';
import { REDIS } from '../platform/tokens.js';
import { renderTrainingMetrics } from './training-metrics.js';
import { renderUseMetrics } from './use-metrics.js';
import { renderWorkerMetrics } from './worker-metrics.js';

/** Longest that a scrape waits for Redis; without it the server's own numbers come alone. */
const patienceMs = 2000;

/**
 * Prometheus' view: the server's own numbers, those that the workers leave in Redis, and what was used, from Postgres. Every server shows
 * the same of both, so a dashboard over several servers takes the maximum of those, not the sum.
 */
@Injectable()
export class MetricsService implements OnModuleDestroy {
  private readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'attune_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer, streams included',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [this.registry],
  });

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(GENERATE_QUEUE) private readonly generateQueue: Queue,
    gateway: ChatGateway,
    private readonly db: DataSource,
  ) {
    collectProcessMetrics(this.registry);
    new Gauge({
      name: 'attune_sockets',
      help: 'Open sockets of this server',
      registers: [this.registry],
      collect() {
        this.set(gateway.openCount);
      },
    });
  }

  countRequest({ seconds, ...labels }: AnsweredRequest): void {
    this.requests.observe(labels, seconds);
  }

  async render(): Promise<string> {
    const own = await this.registry.metrics();
    const [shared, uses] = await Promise.all([
      this.readShared(),
      renderUseMetrics(this.db).catch(() => null),
    ]);
    return [own, ...(shared ?? []), ...(uses === null ? [] : [uses])].join('\n');
  }

  onModuleDestroy(): void {
    this.registry.clear();
  }

  private async readShared(): Promise<string[] | null> {
    if (this.redis.status !== 'ready') return null;
    const reading = Promise.all([
      listWorkerStatuses(this.redis),
      this.generateQueue.getJobCounts('waiting', 'prioritized', 'active', 'delayed'),
      trainingStatuses.list(this.redis),
    ]).then(([workers, queueDepth, trainers]) => [
      renderWorkerMetrics(workers, queueDepth),
      renderTrainingMetrics(trainers),
    ]);
    return within(patienceMs, reading, null);
  }
}

/**
 * prom-client looks at the event loop a hundred times a second, which was most of what an idle server did, and tells its interval as if it
 * were a delay of the loop. What it measures at each scrape, `nodejs_eventloop_lag_seconds`, stays.
 */
function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 60_000 });
  for (const { name } of registry.getMetricsAsArray())
    if (/^nodejs_eventloop_lag_(?!seconds)/.test(name)) registry.removeSingleMetric(name);
}

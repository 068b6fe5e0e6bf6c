/** The inference workers' numbers as Prometheus text. They count by themselves, so that prom-client's own counters, which only go up by what is added, do not fit. */
import { firstTokenBoundsSeconds, type WorkerStatus } from '../../common/queue/worker-status.js';
import { renderMetric, type Metric, type Sample } from './prometheus-text.js';

/** @param queueDepth  jobs of the `generate` queue by state */
export function renderWorkerMetrics(
  workers: readonly WorkerStatus[],
  queueDepth: Readonly<Record<string, number>>,
): string {
  const each = (pick: (worker: WorkerStatus) => number): Sample[] =>
    workers.map((worker) => ({ labels: { worker: worker.id }, value: pick(worker) }));
  const metrics: Metric[] = [
    {
      name: 'attune_queue_depth',
      type: 'gauge',
      help: 'Jobs of the generate queue',
      samples: Object.entries(queueDepth).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: 'attune_worker_ready',
      type: 'gauge',
      help: '1 for a worker whose default model is loaded',
      samples: workers.map(({ id, device, state }) => ({
        labels: { worker: id, device },
        value: state === 'ready' ? 1 : 0,
      })),
    },
    {
      name: 'attune_slots',
      type: 'gauge',
      help: 'Answers that can be made at once',
      samples: each((w) => w.slots),
    },
    {
      name: 'attune_slots_busy',
      type: 'gauge',
      help: 'Answers being made',
      samples: each((w) => w.busySlots),
    },
    {
      name: 'attune_slots_waiting',
      type: 'gauge',
      help: 'Answers that wait for a slot',
      samples: each((w) => w.waiting),
    },
    {
      name: 'attune_worker_memory_bytes',
      type: 'gauge',
      help: 'Resident set of a worker',
      samples: each((w) => w.memoryBytes),
    },
    {
      name: 'attune_tokens_total',
      type: 'counter',
      help: 'Tokens by kind; the rate of `completion` is the tokens per second',
      samples: workers.flatMap(toTokenSamples),
    },
    {
      name: 'attune_answers_total',
      type: 'counter',
      help: 'Ended answers by how they ended',
      samples: workers.flatMap(toAnswerSamples),
    },
    {
      name: 'attune_first_token_seconds',
      type: 'histogram',
      help: 'Time from taking a job to its first token',
      samples: workers.flatMap(toFirstTokenSamples),
    },
  ];
  return metrics.map(renderMetric).join('\n');
}

function toTokenSamples({ id, counters }: WorkerStatus): Sample[] {
  const kinds = {
    prompt: counters.promptTokens,
    cached: counters.cachedTokens,
    completion: counters.completionTokens,
    embedded: counters.embeddedTokens,
  };
  return Object.entries(kinds).map(([kind, value]) => ({ labels: { worker: id, kind }, value }));
}

function toAnswerSamples({ id, counters }: WorkerStatus): Sample[] {
  return Object.entries(counters.answers).map(([reason, value]) => ({
    labels: { worker: id, reason },
    value,
  }));
}

/** Prometheus counts all that came within a bound, the worker those that came between two. */
function toFirstTokenSamples({ id, counters }: WorkerStatus): Sample[] {
  let count = 0;
  const buckets = counters.firstToken.map((between, index) => {
    count += between;
    return {
      suffix: '_bucket',
      labels: { worker: id, le: firstTokenBoundsSeconds[index] ?? '+Inf' },
      value: count,
    };
  });
  return [
    ...buckets,
    { suffix: '_sum', labels: { worker: id }, value: counters.firstTokenSumSeconds },
    { suffix: '_count', labels: { worker: id }, value: count },
  ];
}

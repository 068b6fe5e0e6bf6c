/** The training workers' numbers as Prometheus text. */
import type { TrainingStatus } from '../../common/queue/training-status.js';
import { renderMetric, type Metric } from './prometheus-text.js';

export function renderTrainingMetrics(workers: readonly TrainingStatus[]): string {
  const metrics: Metric[] = [
    {
      name: 'attune_training_busy',
      type: 'gauge',
      help: '1 for a training worker that has a run',
      samples: workers.map(({ id, machine, runId }) => ({
        labels: { worker: id, machine },
        value: runId === null ? 0 : 1,
      })),
    },
    {
      name: 'attune_training_steps_total',
      type: 'counter',
      help: 'Optimiser steps, over all runs',
      samples: workers.map(({ id, steps }) => ({ labels: { worker: id }, value: steps })),
    },
    {
      name: 'attune_runs_ended_total',
      type: 'counter',
      help: 'Runs that ended, by how',
      samples: workers.flatMap(({ id, ended }) =>
        Object.entries(ended).map(([how, value]) => ({ labels: { worker: id, how }, value })),
      ),
    },
  ];
  return metrics.map(renderMetric).join('\n');
}

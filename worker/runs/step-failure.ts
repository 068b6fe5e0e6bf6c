import { AppError } from '../../common/contracts/errors.js';
import type { RunConfig } from '../../common/contracts/runs.js';

export interface FailedStep {
  /** The step that could not be done, from 1. */
  step: number;
  device: string;
  config: RunConfig;
}

/** What went wrong inside a step, with the step's number and what to do; other errors as they are. */
export function describeStepFailure(error: unknown, { step, device, config }: FailedStep): unknown {
  if (!(error instanceof AppError) || error.code !== 'ENGINE_OUT_OF_MEMORY') return error;
  const { batchSize, gradientAccumulationSteps: accumulation, maxLength } = config;
  const half = Math.max(1, Math.floor(batchSize / 2));
  const advice =
    batchSize > 1
      ? `Batches of ${half} with gradient accumulation ${accumulation * 2} give the same result in less memory.`
      : `Lower the longest example (${maxLength} tokens), or recompute layers.`;
  return new AppError('RUN_OUT_OF_MEMORY', { step, device, advice }, error);
}

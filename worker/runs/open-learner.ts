/** Which learner a kind of run has. */
import { isOnline } from '../../common/contracts/runs.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { OnlineLearner } from '../rollouts/online-learner.js';
import type { Learner, LearnerOptions } from './learner.js';
import { OfflineLearner } from './offline-learner.js';
import type { PreparedRun } from './prepare-run.js';
import type { RunRequest } from './run-request.js';

export interface OpenLearnerOptions extends LearnerOptions {
  request: RunRequest;
  prepared: PreparedRun;
  model: TrainableModel;
}

/** @throws AppError what the sampler and the rewards of a run that answers itself refuse */
export function openLearner({
  request,
  prepared,
  model,
  emit,
  signal,
}: OpenLearnerOptions): Promise<Learner> {
  const { config, ...rest } = request;
  if (isOnline(config))
    return OnlineLearner.open({ request: { ...rest, config }, prepared, model, emit, signal });
  return Promise.resolve(new OfflineLearner({ ...rest, config }, prepared, model, { emit, signal }));
}

/** What a run says about itself before its first step. */
import type { RunEvent } from '../../common/contracts/run-events.js';
import type { MemoryPlan, TrainableModel } from '../nn/trainable-model.js';
import type { PreparedRun } from './prepare-run.js';
import type { StepPlan } from './step-plan.js';

type RunPlan = Extract<RunEvent, { type: 'planned' }>['plan'];

export interface PlannedRun {
  prepared: PreparedRun;
  model: Pick<TrainableModel, 'info'>;
  plan: StepPlan;
  memory: MemoryPlan;
  /** By the run that this one goes on from. */
  doneSteps: number;
}

export function describePlan({ prepared, model, plan, memory, doneSteps }: PlannedRun): RunPlan {
  const { info } = model;
  return {
    totalSteps: plan.totalSteps,
    doneSteps,
    architecture: info.architecture,
    modelName: info.name,
    device: info.device,
    parameterCount: info.parameterCount,
    trainableParameterCount: info.trainableParameterCount,
    memoryBytes: memory.total,
    memoryAvailableBytes: memory.available,
    train: prepared.train.report,
    heldOut: prepared.heldOut?.report ?? null,
  };
}

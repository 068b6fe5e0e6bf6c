/** Puts a run's last checkpoint into its model, so that going on equals never having stopped. */
import { completeShapes } from '../nn/complete-shapes.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { assertSameRun, type CheckpointFolder } from './checkpoint.js';
import type { TrainingLineage } from '../../common/contracts/lineage.js';

/** Where a run goes on. */
export interface ResumePoint {
  /** Of the checkpoint's file. */
  path: string;
  /** Optimiser steps done. */
  step: number;
  tokens: number;
  carried: Readonly<Record<string, number>>;
}

/**
 * @returns null when there is no checkpoint yet
 * @throws AppError `RUN_CHECKPOINT_INVALID`, and what `assertSameRun` throws for a checkpoint of another run
 */
export async function takeUpLatest(
  checkpoints: CheckpointFolder,
  model: TrainableModel,
  lineage: TrainingLineage,
): Promise<ResumePoint | null> {
  const found = await checkpoints.findLatest();
  if (!found) return null;
  const { path, checkpoint } = found;
  assertSameRun(path, checkpoint.lineage, lineage);
  const { state, step, tokens, carried } = checkpoint;
  const own = model.exportState();
  model.importState({
    updateCount: state.updateCount,
    parameters: completeShapes(state.parameters, own.parameters),
    firstMoments: completeShapes(state.firstMoments, own.firstMoments),
    secondMoments: completeShapes(state.secondMoments, own.secondMoments),
  });
  return { path, step, tokens, carried };
}

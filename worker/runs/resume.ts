/** Puts a run's last checkpoint into its model, so that going on equals never having stopped. */
import type { NamedTensor, TrainableModel } from '../nn/trainable-model.js';
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
    parameters: completed(state.parameters, own.parameters),
    firstMoments: completed(state.firstMoments, own.firstMoments),
    secondMoments: completed(state.secondMoments, own.secondMoments),
  });
  return { path, step, tokens, carried };
}

/** Tensors from a checkpoint under the model's own shapes: GGUF drops trailing dimensions of 1. */
export function completed(read: readonly NamedTensor[], own: readonly NamedTensor[]): NamedTensor[] {
  const byName = new Map(read.map((tensor) => [tensor.name, tensor]));
  const names = new Set(own.map(({ name }) => name));
  const known = own.map((tensor) => {
    const found = byName.get(tensor.name);
    if (!found) return tensor;
    return found.data.length === tensor.data.length ? { ...found, shape: tensor.shape } : found;
  });
  return [...known, ...read.filter(({ name }) => !names.has(name))];
}

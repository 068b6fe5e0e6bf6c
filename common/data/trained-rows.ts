/** What a run trains on: of its dataset the kind of rows that it reads, and beside them the text that PPO mixes in. */
import type { DataKind } from '../contracts/dataset-formats.js';
import { dataKindOfRun } from '../contracts/datasets.js';
import type { StageConfig } from '../contracts/round-recipe.js';
import type { RunConfig } from '../contracts/runs.js';

/** Rows of one kind, in a dataset's part to train on. */
export interface TrainedRows {
  datasetId: string;
  kind: DataKind;
}

/** What of a dataset is mixed into reinforcement learning. */
export const mixKind = 'sft';

/** @returns id of the dataset that PPO mixes in; null for a run without a mix */
export function findMixDataset(config: RunConfig | StageConfig): string | null {
  return config.kind === 'ppo' && config.ptxGamma > 0 ? config.ptxDatasetId : null;
}

/**
 * @param datasetId  that the run learns from
 * @returns all that it reads to learn, its own rows first
 */
export function listTrainedRows(config: RunConfig | StageConfig, datasetId: string): TrainedRows[] {
  const mixId = findMixDataset(config);
  return [
    { datasetId, kind: dataKindOfRun[config.kind] },
    ...(mixId === null ? [] : [{ datasetId: mixId, kind: mixKind } as const]),
  ];
}

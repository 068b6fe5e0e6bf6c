/** Where a run's files lie, and what a run is started with. */
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { toArtefactPath } from '../../common/config/artefacts.js';
import type { Config } from '../../common/config/config.js';
import { dataKindOfRun, toDataFileName } from '../../common/contracts/datasets.js';
import { AppError } from '../../common/contracts/errors.js';
import type { RunSharing } from '../../common/contracts/run-records.js';
import { listRewardVersions } from '../../common/contracts/rewards.js';
import { isOnline, sftConfigSchema, type RunConfig } from '../../common/contracts/runs.js';
import { findMixDataset, mixKind } from '../../common/data/trained-rows.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { planSharedThreads, planThreads } from '../../common/llama/compute-threads.js';
import type { RunRequest } from '../runs/run-request.js';

/** What a run learns from and starts with, by their ids. */
export interface RunSources {
  config: RunConfig;
  datasetId: string;
  startVersionId: string;
  sharing: RunSharing;
}

export const runFolder = ({ dataDir }: Pick<Config, 'dataDir'>, runId: string): string =>
  toArtefactPath(dataDir, path.join('runs', runId));

/**
 * @param outputPath  the run's folder; nothing is read of it
 * @throws AppError `RUN_BASE_GONE`, `RUN_DATASET_GONE`, `RUN_DATA_UNFIT`, `RUN_REWARD_GONE`
 */
export async function toRunRequest(
  { config, datasetId, startVersionId, sharing }: RunSources,
  outputPath: string,
  { dataSource, settings }: { dataSource: DataSource; settings: Config },
): Promise<RunRequest> {
  const version = await dataSource
    .getRepository(ModelVersionEntity)
    .findOne({ where: { id: startVersionId }, relations: { model: true } });
  if (!version) throw new AppError('RUN_BASE_GONE', { versionId: startVersionId });
  const files = await findDataFiles(dataSource, settings, { datasetId, config });
  const { dataDir, gpu, llamaDir } = settings;
  const threads = planThreads({ parameterCount: version.model.parameters }, settings.threads);
  return {
    config,
    modelPath: path.resolve(dataDir, version.model.path),
    ...files,
    mixPath: await findMixPath(dataSource, settings, config),
    rewardAdapters: await findRewardAdapters(dataSource, settings, config),
    outputPath,
    startAdapterPath: version.adapterPath && path.resolve(dataDir, version.adapterPath),
    resume: true,
    merge: null,
    gpu,
    llamaDirectory: llamaDir,
    threads: sharing === 'share' ? Math.min(threads, planSharedThreads(settings.threads)) : threads,
    recomputeLayers: false,
    keepAdapters: config.kind !== 'reward' && config.mode === 'lora',
  };
}

async function findDataFiles(
  dataSource: DataSource,
  { dataDir }: Config,
  { datasetId, config }: Pick<RunSources, 'datasetId' | 'config'>,
): Promise<Pick<RunRequest, 'dataPath' | 'heldOutPath'>> {
  const dataset = await dataSource.getRepository(DatasetEntity).findOneBy({ id: datasetId });
  if (!dataset) throw new AppError('RUN_DATASET_GONE', { datasetId });
  const kind = dataKindOfRun[config.kind];
  const counts = dataset.counts[kind];
  if (!counts || counts.train === 0)
    throw new AppError('RUN_DATA_UNFIT', { kind: config.kind, needs: kind, dataset: dataset.name });
  const file = (split: 'train' | 'held_out') =>
    path.join(toArtefactPath(dataDir, dataset.folder), toDataFileName(kind, split));
  return { dataPath: file('train'), heldOutPath: counts.held_out > 0 ? file('held_out') : null };
}

/**
 * Adapters of the versions that give rewards.
 *
 * @throws AppError `RUN_REWARD_GONE` for one that is not here, or has no adapter
 */
async function findRewardAdapters(
  dataSource: DataSource,
  { dataDir }: Config,
  config: RunConfig,
): Promise<Record<string, string>> {
  if (!isOnline(config)) return {};
  const { rewards, heldOutRewardVersionId } = config;
  const wanted = [
    ...listRewardVersions(rewards),
    ...(heldOutRewardVersionId === null ? [] : [heldOutRewardVersionId]),
  ];
  const adapters: Record<string, string> = {};
  for (const versionId of wanted) {
    const { success } = z.uuid().safeParse(versionId);
    const version = success
      ? await dataSource.getRepository(ModelVersionEntity).findOneBy({ id: versionId })
      : null;
    if (!version?.adapterPath) throw new AppError('RUN_REWARD_GONE', { versionId });
    adapters[versionId] = path.resolve(dataDir, version.adapterPath);
  }
  return adapters;
}

/** @throws AppError `RUN_DATASET_GONE`, `RUN_DATA_UNFIT` */
async function findMixPath(
  dataSource: DataSource,
  settings: Config,
  config: RunConfig,
): Promise<string | null> {
  const datasetId = findMixDataset(config);
  if (datasetId === null) return null;
  const sft = sftConfigSchema.parse({ kind: mixKind });
  return (await findDataFiles(dataSource, settings, { datasetId, config: sft })).dataPath;
}

import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { dataKindOfRun } from '../../common/contracts/datasets.js';
import { AppError } from '../../common/contracts/errors.js';
import type { NewRun } from '../../common/contracts/run-records.js';
import { proposeRuns, type RunProposal } from '../../common/contracts/run-proposal.js';
import { isOnline, type RunConfig, type RunKind } from '../../common/contracts/runs.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { countThumbs, type ThumbCounts } from '../datasets/snapshot/thumb-counts.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';
import { assertMix, assertRewards } from './reward-check.js';

export interface RunParts {
  version: ModelVersionEntity;
  dataset: DatasetEntity;
}

/** Whether a run can be made of its parts, and which runs a dataset is for. */
@Injectable()
export class RunCheck {
  constructor(
    private readonly db: DataSource,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** @throws AppError `RESOURCE_NOT_FOUND`, `RUN_DATA_UNFIT`, `RUN_DATA_ONE_CLASS`, `RUN_CONFIG_INVALID`, and what `assertRewards` does */
  async check({ config, datasetId, startVersionId }: NewRun): Promise<RunParts> {
    const [version, dataset] = await Promise.all([
      this.db
        .getRepository(ModelVersionEntity)
        .findOne({ where: { id: startVersionId }, relations: { model: true } }),
      this.getDataset(datasetId),
    ]);
    if (!version) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'version' });
    assertGoesOn(config, version);
    assertCanJudge(config);
    assertHolds(dataset, config.kind);
    if (config.kind === 'kto') {
      const { desirable, undesirable } = await this.countThumbs(dataset);
      if (desirable === 0 || undesirable === 0)
        throw new AppError('RUN_DATA_ONE_CLASS', { dataset: dataset.name, desirable, undesirable });
    }
    if (isOnline(config)) {
      await assertRewards(this.db.manager, config, version.modelId);
      await assertMix(this.db.manager, config);
    }
    return { version, dataset };
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async propose(datasetId: string): Promise<RunProposal> {
    const dataset = await this.getDataset(datasetId);
    const hasThumbs = (dataset.counts.kto?.train ?? 0) > 0;
    return proposeRuns(dataset.counts, hasThumbs ? await this.countThumbs(dataset) : null);
  }

  private async getDataset(id: string): Promise<DatasetEntity> {
    const dataset = await this.db.getRepository(DatasetEntity).findOneBy({ id });
    if (!dataset) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'dataset' });
    return dataset;
  }

  private countThumbs({ folder }: DatasetEntity): Promise<ThumbCounts> {
    return countThumbs(toArtefactPath(this.config.dataDir, folder), 'train');
  }
}

/** @throws AppError `RUN_DATA_UNFIT` for data that a kind of run cannot learn from */
export function assertHolds({ counts, name }: DatasetEntity, kind: RunKind): void {
  const needs = dataKindOfRun[kind];
  if ((counts[needs]?.train ?? 0) === 0) throw new AppError('RUN_DATA_UNFIT', { kind, needs, dataset: name });
}

/** Shape of a version's adapter, which a run that goes on from it keeps; null for a base. */
export function findAdapterShape({
  adapterPath,
  lineage,
}: ModelVersionEntity): Pick<RunConfig['lora'], 'rank' | 'alpha'> | null {
  if (adapterPath === null || !lineage) return null;
  const { rank, alpha } = lineage.config.lora;
  return { rank, alpha };
}

/** A run that goes on from an adapter trains that adapter: of its shape, and not the whole model. */
function assertGoesOn({ mode, lora }: RunConfig, version: ModelVersionEntity): void {
  if (version.adapterPath === null) return;
  const issues: string[] = [];
  if (mode === 'full')
    issues.push('mode: a version with an adapter goes on as one (lora); full training starts from a base');
  const before = findAdapterShape(version) ?? lora;
  for (const key of ['rank', 'alpha'] as const)
    if (lora[key] !== before[key]) issues.push(`lora.${key}: the version's adapter has ${before[key]}`);
  if (issues.length > 0) throw new AppError('RUN_CONFIG_INVALID', { issues });
}

/** Answers are scored by a head on their base, beside which a second base would have to be loaded. */
function assertCanJudge({ kind, mode }: RunConfig): void {
  if (kind !== 'reward' || mode === 'lora') return;
  const issues = [
    'mode: a reward model judges as an adapter of its base (lora); trained in full it could not',
  ];
  throw new AppError('RUN_CONFIG_INVALID', { issues });
}

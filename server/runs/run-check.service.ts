import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { dataKindOfRun, toDataFileName } from '../../common/contracts/datasets.js';
import { AppError } from '../../common/contracts/errors.js';
import type { NewRun } from '../../common/contracts/run-records.js';
import { proposeRuns, type RunProposal } from '../../common/contracts/run-proposal.js';
import { isOnline, type RunConfig } from '../../common/contracts/runs.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';
import { assertMix, assertRewards } from './reward-check.js';

export interface RunParts {
  version: ModelVersionEntity;
  dataset: DatasetEntity;
}

const labelSchema = z.object({ label: z.boolean() });

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
    const needs = dataKindOfRun[config.kind];
    if ((dataset.counts[needs]?.train ?? 0) === 0)
      throw new AppError('RUN_DATA_UNFIT', { kind: config.kind, needs, dataset: dataset.name });
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

  private async countThumbs({ folder }: DatasetEntity): Promise<{ desirable: number; undesirable: number }> {
    const file = path.join(toArtefactPath(this.config.dataDir, folder), toDataFileName('kto', 'train'));
    const counts = { desirable: 0, undesirable: 0 };
    try {
      for await (const line of createInterface({ input: createReadStream(file) }))
        if (line.trim() !== '') {
          const { label } = labelSchema.parse(JSON.parse(line));
          counts[label ? 'desirable' : 'undesirable']++;
        }
    } catch (error) {
      throw new AppError('DATA_MISSING', { path: path.basename(file) }, error);
    }
    return counts;
  }
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

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { Learner, VersionLineage } from '../../common/contracts/lineage.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { LineageGraphs } from './lineage-graph.service.js';

/** Where a version comes from, and who learnt from what. */
@Injectable()
export class VersionLineages {
  constructor(
    private readonly db: DataSource,
    private readonly graphs: LineageGraphs,
  ) {}

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async get(versionId: string): Promise<VersionLineage> {
    const version = await this.getRow(versionId);
    const { model } = version;
    return {
      version: {
        id: version.id,
        name: version.name,
        modelId: version.modelId,
        isLive: version.isLive,
        createdAt: version.createdAt.toISOString(),
      },
      base: {
        id: model.id,
        name: model.name,
        sha256: model.sha256,
        licence: model.licence,
        source: model.source,
      },
      origin: version.origin,
      training: version.lineage,
      feedback: countFeedback(version),
      graph: await this.graphs.get(versionId),
    };
  }

  /** With its model. @throws AppError `RESOURCE_NOT_FOUND` */
  async getRow(versionId: string): Promise<ModelVersionEntity> {
    const version = await this.db
      .getRepository(ModelVersionEntity)
      .findOne({ where: { id: versionId }, relations: { model: true } });
    if (!version) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model version' });
    return version;
  }

  /** Versions whose run learnt from a dataset, or had it mixed in, the newest first. */
  listOfDataset(datasetId: string): Promise<Learner[]> {
    return this.db.query(
      `SELECT id, name, is_live AS "isLive" FROM model_versions
       WHERE origin->'dataset'->>'id' = $1
         OR (lineage->'config'->>'ptxDatasetId' = $1 AND (lineage->'config'->>'ptxGamma')::float8 > 0)
       ORDER BY created_at DESC`,
      [datasetId],
    );
  }
}

/** How much feedback a version learnt from, how much of that is still said, and how much is erased. */
export function countFeedback({
  learntSources,
  countedSources,
  erasedSources,
}: ModelVersionEntity): VersionLineage['feedback'] {
  return { learnt: learntSources, counted: countedSources, erased: erasedSources };
}

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
    const [graph, feedback] = await Promise.all([this.graphs.get(versionId), this.countFeedback(version)]);
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
      feedback,
      graph,
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

  async countFeedback({
    id,
    erasedSources,
  }: Pick<ModelVersionEntity, 'id' | 'erasedSources'>): Promise<VersionLineage['feedback']> {
    const [counts] = await this.db.query<[{ learnt: number; counted: number }]>(
      `SELECT count(*)::int AS learnt, count(f.event_id)::int AS counted
       FROM model_version_events t LEFT JOIN current_feedback f ON f.event_id = t.event_id AND NOT f.is_withdrawn
       WHERE t.model_version_id = $1`,
      [id],
    );
    return { ...counts, erased: erasedSources };
  }

  /** Versions whose run learnt from a dataset, the newest first. */
  listOfDataset(datasetId: string): Promise<Learner[]> {
    return this.db.query(
      `SELECT id, name, is_live AS "isLive" FROM model_versions
       WHERE origin->'dataset'->>'id' = $1 ORDER BY created_at DESC`,
      [datasetId],
    );
  }
}

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { Model, ModelList, ModelVersion } from '../../common/contracts/models.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { ModelsQueue } from './models.queue.js';

@Injectable()
export class ModelService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly queue: ModelsQueue,
  ) {}

  async list(): Promise<Omit<ModelList, 'serving'>> {
    const [models, versions] = await Promise.all([
      this.dataSource.getRepository(ModelEntity).find({ order: { createdAt: 'ASC' } }),
      this.dataSource.getRepository(ModelVersionEntity).find({ order: { createdAt: 'ASC' } }),
    ]);
    const judged = new Set(
      versions.filter(({ isRewardModel }) => isRewardModel).map(({ modelId }) => modelId),
    );
    return {
      models: models.map((row) => toModel(row, judged.has(row.id))),
      versions: versions.filter(({ isRewardModel }) => !isRewardModel).map(toVersion),
    };
  }

  /** The version that answers when none is named: the live one of the default model. */
  async findDefaultVersion(): Promise<ModelVersionEntity | null> {
    return this.dataSource
      .getRepository(ModelVersionEntity)
      .findOne({ where: { isLive: true, model: { isDefault: true } }, relations: { model: true } });
  }

  /** @param named  a version's id or name; null for the default */
  async findVersion(named: { id: string } | { name: string } | null): Promise<ModelVersionEntity | null> {
    if (named === null) return this.findDefaultVersion();
    return this.dataSource
      .getRepository(ModelVersionEntity)
      .findOne({ where: named, relations: { model: true } });
  }

  async setDefault(id: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      // The unique index on is_default would let two admins at once fail; the lock lets the later one win.
      await manager.query(`LOCK TABLE models IN SHARE ROW EXCLUSIVE MODE`);
      await manager.update(ModelEntity, { isDefault: true }, { isDefault: false });
      const { affected } = await manager.update(ModelEntity, { id }, { isDefault: true });
      if (!affected) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model' });
    });
    await this.queue.announceChange();
  }

  /** Deletes a model, its versions and its file. Answers that it gave stay. */
  async delete(id: string): Promise<void> {
    const { source, path } = await this.dataSource.transaction(async (manager) => {
      await manager.query(`LOCK TABLE models IN SHARE ROW EXCLUSIVE MODE`);
      const model = await manager.findOneBy(ModelEntity, { id });
      if (!model) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model' });
      if (model.isDefault) throw new AppError('MODEL_IN_USE', { name: model.name });
      await manager.delete(ModelEntity, { id });
      return model;
    });
    // A file that was served where it lay is not ours to delete.
    if (!source.startsWith('file:')) await this.queue.enqueueRemove(path);
    await this.queue.announceChange();
  }
}

const toModel = (row: ModelEntity, hasRewardModel: boolean): Model => ({
  id: row.id,
  name: row.name,
  catalogueId: row.catalogueId,
  licence: row.licence,
  sizeBytes: row.sizeBytes,
  sha256: row.sha256,
  architecture: row.architecture,
  parameters: row.parameters,
  contextTokens: row.contextTokens,
  isDefault: row.isDefault,
  hasRewardModel,
  createdAt: row.createdAt.toISOString(),
});

const toVersion = (row: ModelVersionEntity): ModelVersion => ({
  id: row.id,
  modelId: row.modelId,
  name: row.name,
  hasAdapter: row.adapterPath !== null,
  isLive: row.isLive,
  erasedSources: row.erasedSources,
  createdAt: row.createdAt.toISOString(),
});

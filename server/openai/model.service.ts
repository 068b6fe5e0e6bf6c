import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';

export const openAiModelSchema = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
});
export type OpenAiModel = z.infer<typeof openAiModelSchema>;
export const openAiModelListSchema = z.strictObject({
  object: z.literal('list'),
  data: z.array(openAiModelSchema),
});

/** Model versions by the names that OpenAI's clients call them. */
@Injectable()
export class OpenAiModelService {
  constructor(private readonly db: DataSource) {}

  async listModels(): Promise<z.infer<typeof openAiModelListSchema>> {
    const versions = await this.db.manager.find(ModelVersionEntity, {
      where: { isRewardModel: false },
      order: { createdAt: 'ASC' },
    });
    return { object: 'list', data: versions.map(toOpenAiModel) };
  }

  async getModel(name: string): Promise<OpenAiModel> {
    return toOpenAiModel(await this.getVersion(name));
  }

  /** @throws AppError `MODEL_NOT_FOUND` */
  async getVersion(name: string): Promise<ModelVersionEntity> {
    const version = await this.db.manager.findOneBy(ModelVersionEntity, { name, isRewardModel: false });
    if (!version) throw new AppError('MODEL_NOT_FOUND', { model: name.slice(0, 100), param: 'model' });
    return version;
  }
}

function toOpenAiModel({ name, createdAt }: ModelVersionEntity): OpenAiModel {
  return { id: name, object: 'model', created: Math.floor(createdAt.getTime() / 1000), owned_by: 'attune' };
}

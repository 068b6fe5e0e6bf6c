import path from 'node:path';
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { planSharedThreads } from '../../common/llama/compute-threads.js';
import type { RewardModelSource } from '../runs/reward-scorer.js';

export interface NamedRewardModel {
  id: string;
  name: string;
  source: RewardModelSource;
}

/** A reward version by its id. @throws AppError `REWARD_MODEL_GONE` */
export async function getRewardModel(
  id: string,
  { dataSource, config }: { dataSource: DataSource; config: Config },
): Promise<NamedRewardModel> {
  const version = await dataSource
    .getRepository(ModelVersionEntity)
    .findOne({ where: { id, isRewardModel: true }, relations: { model: true } });
  if (!version?.adapterPath) throw new AppError('REWARD_MODEL_GONE');
  const { dataDir, gpu, llamaDir } = config;
  return {
    id,
    name: version.name,
    source: {
      modelPath: path.resolve(dataDir, version.model.path),
      adapterPath: path.resolve(dataDir, version.adapterPath),
      gpu,
      llamaDirectory: llamaDir,
      threads: planSharedThreads(config.threads),
    },
  };
}

/** Whether what is to reward a run's answers is here, and of the run's own base. */
import { In, type EntityManager } from 'typeorm';
import { compileSchema } from '../../common/checks/json.js';
import { AppError } from '../../common/contracts/errors.js';
import type { OnlineConfig } from '../../common/contracts/runs.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';

interface Wanted {
  versionId: string;
  /** Scores with a head; a judge answers in words. */
  isRewardModel: boolean;
}

/**
 * @param modelId  of the base that the run starts from
 * @throws AppError `RUN_REWARD_MISSING`, `RUN_REWARD_GONE`, `RUN_REWARD_UNFIT`, `CHECK_INVALID`, `RUN_CONFIG_INVALID`
 */
export async function assertRewards(
  manager: EntityManager,
  config: OnlineConfig,
  modelId: string,
): Promise<void> {
  const { rewards, kind, heldOutRewardVersionId: heldOut } = config;
  if (rewards.length === 0) throw new AppError('RUN_REWARD_MISSING', { kind });
  for (const reward of rewards)
    if (reward.type === 'check' && reward.check.kind === 'json_schema') compileSchema(reward.check.schema);
  if (rewards.some((reward) => reward.type === 'model' && reward.versionId === heldOut))
    throw new AppError('RUN_CONFIG_INVALID', {
      issues: ['heldOutRewardVersionId: it is learnt from; the held-out one has to be another'],
    });
  const wanted = listWanted(config);
  const versions = await manager.findBy(ModelVersionEntity, {
    id: In(wanted.map(({ versionId }) => versionId).filter(isUuid)),
  });
  for (const one of wanted) assertFit(one, modelId, versions);
}

/** @throws AppError `RUN_MIX_MISSING`, `RESOURCE_NOT_FOUND`, `RUN_DATA_UNFIT` */
export async function assertMix(manager: EntityManager, config: OnlineConfig): Promise<void> {
  if (config.kind !== 'ppo' || config.ptxGamma === 0) return;
  if (config.ptxDatasetId === null) throw new AppError('RUN_MIX_MISSING');
  const dataset = await manager.findOneBy(DatasetEntity, { id: config.ptxDatasetId });
  if (!dataset) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'dataset' });
  if (dataset.counts.sft.train === 0)
    throw new AppError('RUN_DATA_UNFIT', { kind: 'ppo', needs: 'sft', dataset: dataset.name });
}

function listWanted({ rewards, heldOutRewardVersionId }: OnlineConfig): Wanted[] {
  const given = rewards.flatMap((reward): Wanted[] => {
    if (reward.type === 'check' || reward.versionId === null) return [];
    return [{ versionId: reward.versionId, isRewardModel: reward.type === 'model' }];
  });
  if (heldOutRewardVersionId === null) return given;
  return [...given, { versionId: heldOutRewardVersionId, isRewardModel: true }];
}

function assertFit(
  { versionId, isRewardModel }: Wanted,
  modelId: string,
  versions: readonly ModelVersionEntity[],
): void {
  const version = versions.find(({ id }) => id === versionId);
  if (!version?.adapterPath) throw new AppError('RUN_REWARD_GONE', { versionId });
  const { name } = version;
  if (version.modelId !== modelId)
    throw new AppError('RUN_REWARD_UNFIT', { name, reason: 'it is of another base than the run' });
  if (version.isRewardModel !== isRewardModel)
    throw new AppError('RUN_REWARD_UNFIT', {
      name,
      reason: isRewardModel ? 'no reward run made it' : 'a reward model gives scores, and a judge answers',
    });
}

function isUuid(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
}

import type { Evaluation, Promotion } from '../../common/contracts/evaluations.js';
import type { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import type { PromotionEntity } from '../../common/database/promotion.entity.js';

export const toEvaluation = (row: EvaluationEntity): Evaluation => ({
  id: row.id,
  candidate: { id: row.candidateId, name: row.candidateName },
  live: { id: row.liveId, name: row.liveName },
  dataset: { id: row.datasetId, name: row.datasetName },
  judgedKind: row.judgedKind,
  promptSets: row.promptSets,
  state: row.state,
  result: row.result,
  error: row.error,
  createdAt: row.createdAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString() ?? null,
});

export const toPromotion = (row: PromotionEntity, byName: string | null): Promotion => ({
  id: row.id,
  modelId: row.modelId,
  kind: row.kind,
  versionName: row.versionName,
  previousName: row.previousName,
  reason: row.reason,
  gate: row.gate,
  byName,
  createdAt: row.createdAt.toISOString(),
});

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type {
  EvaluatedSet,
  Evaluation,
  EvaluationAnswer,
  NewEvaluation,
} from '../../common/contracts/evaluations.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { EvaluationAnswerEntity } from '../../common/database/evaluation-answer.entity.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { RewardModelService } from '../reward-models/reward-model.service.js';
import { PromptSetEntity } from '../../common/database/prompt-set.entity.js';
import { EvaluationQueue } from './evaluation-queue.js';
import { toEvaluation } from './evaluation-rows.js';
import { HeldOutRows } from './held-out-rows.service.js';
import { getLive, getVersion } from './version-standing.service.js';

const listed = 100;

/** Candidates judged on held-out rows; the training worker computes. */
@Injectable()
export class EvaluationService {
  constructor(
    private readonly db: DataSource,
    private readonly queue: EvaluationQueue,
    private readonly rewardModels: RewardModelService,
    private readonly heldOut: HeldOutRows,
  ) {}

  /**
   * @param id  chosen by whoever must not make it twice
   * @throws AppError `EVALUATION_SELF`, `EVALUATION_DATA_UNFIT`, `EVALUATION_DATA_LEARNT`, `RESOURCE_NOT_FOUND`
   */
  async create(
    { candidateId, datasetId, promptSetIds }: NewEvaluation,
    userId: string | null,
    id: string = randomUUID(),
  ): Promise<Evaluation> {
    const db = this.db.manager;
    const candidate = await getVersion(db, candidateId);
    const live = await getLive(db, candidate.modelId);
    if (live.id === candidate.id) throw new AppError('EVALUATION_SELF', { name: candidate.name });
    const dataset = await db.findOneBy(DatasetEntity, { id: datasetId });
    if (!dataset) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'dataset' });
    await db.insert(EvaluationEntity, {
      id,
      candidateId,
      candidateName: candidate.name,
      liveId: live.id,
      liveName: live.name,
      datasetId,
      datasetName: `${dataset.name} v${dataset.version}`,
      judgedKind: await this.heldOut.choose(dataset, candidate),
      promptSets: await this.findSets(promptSetIds),
      rewardVersionId: await this.rewardModels.findJudge(candidateId),
      createdBy: userId,
    });
    await this.queue.requeueUnfinished();
    return this.get(id);
  }

  /** The newest first. */
  async list(): Promise<Evaluation[]> {
    const rows = await this.db.manager.find(EvaluationEntity, { order: { createdAt: 'DESC' }, take: listed });
    return rows.map(toEvaluation);
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async get(id: string): Promise<Evaluation> {
    const row = await this.db.manager.findOneBy(EvaluationEntity, { id });
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'evaluation' });
    return toEvaluation(row);
  }

  /** What both versions said to the sets' prompts: those that the candidate lost first, then those that it failed. */
  async listAnswers(id: string): Promise<EvaluationAnswer[]> {
    await this.get(id);
    const rows = await this.db.manager.find(EvaluationAnswerEntity, {
      where: { evaluationId: id },
      order: { position: 'ASC' },
    });
    return rows
      .map(({ setId, messages, checks, candidate, live }) => ({ setId, messages, checks, candidate, live }))
      .sort((a, b) => urgency(b) - urgency(a));
  }

  private async findSets(ids: readonly string[] | undefined): Promise<EvaluatedSet[]> {
    const where = ids ? { id: In([...ids]) } : { purpose: In(['regression', 'safety']) };
    const sets = await this.db.manager.find(PromptSetEntity, { where, order: { name: 'ASC' } });
    if (ids && sets.length < new Set(ids).size)
      throw new AppError('RESOURCE_NOT_FOUND', { resource: 'prompt set' });
    return sets.map(({ id, name, purpose }) => ({ id, name, purpose }));
  }
}

/** How much an answer is worth looking at. */
function urgency({ candidate, live }: EvaluationAnswer): number {
  if (candidate.passes !== false) return 0;
  return live.passes === true ? 2 : 1;
}

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { Evaluation, NewEvaluation } from '../../common/contracts/evaluations.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { EvaluationQueue } from './evaluation-queue.js';
import { toEvaluation } from './evaluation-rows.js';
import { getLive, getVersion } from './version-standing.service.js';

const listed = 100;

/** Candidates judged on held-out pairs; the training worker computes. */
@Injectable()
export class EvaluationService {
  constructor(
    private readonly db: DataSource,
    private readonly queue: EvaluationQueue,
  ) {}

  /**
   * @param id  chosen by whoever must not make it twice
   * @throws AppError `EVALUATION_SELF`, `EVALUATION_DATA_UNFIT`, `RESOURCE_NOT_FOUND`
   */
  async create(
    { candidateId, datasetId }: NewEvaluation,
    userId: string | null,
    id: string = randomUUID(),
  ): Promise<Evaluation> {
    const db = this.db.manager;
    const candidate = await getVersion(db, candidateId);
    const live = await getLive(db, candidate.modelId);
    if (live.id === candidate.id) throw new AppError('EVALUATION_SELF', { name: candidate.name });
    const dataset = await db.findOneBy(DatasetEntity, { id: datasetId });
    if (!dataset) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'dataset' });
    const datasetName = `${dataset.name} v${dataset.version}`;
    if (!dataset.counts.preference?.held_out)
      throw new AppError('EVALUATION_DATA_UNFIT', { dataset: datasetName });
    await db.insert(EvaluationEntity, {
      id,
      candidateId,
      candidateName: candidate.name,
      liveId: live.id,
      liveName: live.name,
      datasetId,
      datasetName,
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
}

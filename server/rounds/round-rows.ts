/** Reading the tables of rounds, and rounds as the interface tells them. */
import { In, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import { roundPlanSchema, type Round } from '../../common/contracts/rounds.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { RoundEntity } from '../../common/database/round.entity.js';
import { RoundRunEntity } from '../../common/database/round-run.entity.js';
import { RunEntity } from '../../common/database/run.entity.js';

/** @throws AppError `RESOURCE_NOT_FOUND` */
export async function getRound(db: EntityManager, id: string): Promise<RoundEntity> {
  const round = await db.findOneBy(RoundEntity, { id });
  if (!round) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'round' });
  return round;
}

export async function findLastRound(db: EntityManager, modelId: string): Promise<RoundEntity | null> {
  const [last] = await db.find(RoundEntity, { where: { modelId }, order: { number: 'DESC' }, take: 1 });
  return last ?? null;
}

/** With what each made, as far as it is still there. */
export async function describeRounds(db: EntityManager, rows: readonly RoundEntity[]): Promise<Round[]> {
  const links = await db.find(RoundRunEntity, {
    where: { roundId: In(rows.map(({ id }) => id)) },
    order: { position: 'ASC' },
  });
  const [datasets, evaluations, runs] = await Promise.all([
    db.findBy(DatasetEntity, { id: In(rows.map(({ datasetId }) => datasetId)) }),
    db.findBy(EvaluationEntity, { id: In(rows.map(({ evaluationId }) => evaluationId)) }),
    db.findBy(RunEntity, { id: In(links.map(({ runId }) => runId)) }),
  ]);
  return rows.map((row) =>
    toRound(row, {
      dataset: datasets.find(({ id }) => id === row.datasetId) ?? null,
      evaluation: evaluations.find(({ id }) => id === row.evaluationId) ?? null,
      runs: links.flatMap(({ roundId, runId }) =>
        roundId === row.id ? runs.filter(({ id }) => id === runId) : [],
      ),
    }),
  );
}

interface Made {
  dataset: DatasetEntity | null;
  evaluation: EvaluationEntity | null;
  runs: readonly RunEntity[];
}

function toRound(row: RoundEntity, { dataset, evaluation, runs }: Made): Round {
  const { candidateId, candidateName } = row;
  return {
    id: row.id,
    modelId: row.modelId,
    number: row.number,
    state: row.state,
    step: row.step,
    steppedAt: row.steppedAt.toISOString(),
    occasion: row.occasion,
    plan: roundPlanSchema.parse(row.plan),
    newActs: row.newActs,
    start: { id: row.startVersionId, name: row.startVersionName },
    dataset: dataset && {
      id: dataset.id,
      name: `${dataset.name} v${dataset.version}`,
      counts: dataset.counts,
    },
    runs: runs.map((run) => ({
      id: run.id,
      name: run.name,
      kind: run.kind,
      state: run.state,
      step: run.step,
      totalSteps: run.totalSteps,
      startedAt: run.startedAt?.toISOString() ?? null,
      finishedAt: run.finishedAt?.toISOString() ?? null,
    })),
    candidate: candidateId === null ? null : { id: candidateId, name: candidateName ?? candidateId },
    evaluation: evaluation && { id: evaluation.id, state: evaluation.state },
    gate: row.gate,
    promotionId: row.promotionId,
    error: row.error,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

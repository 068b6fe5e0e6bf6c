import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { RunDetail, RunPoint, RunRollouts, RunSummary } from '../../common/contracts/run-records.js';
import { RunEventEntity } from '../../common/database/run-event.entity.js';
import { RunRolloutEntity } from '../../common/database/run-rollout.entity.js';
import { RunSampleEntity } from '../../common/database/run-sample.entity.js';
import { RunEntity } from '../../common/database/run.entity.js';
import { toRunDetail, toRunSummary } from './run-rows.js';

/** The newest of them; a list that nobody reads to its end. */
const runsListed = 500;
/** The last lines of a log. */
const linesListed = 500;

/** Reads runs and what they told. */
@Injectable()
export class RunReader {
  constructor(private readonly db: DataSource) {}

  async list(): Promise<RunSummary[]> {
    const rows = await this.db
      .getRepository(RunEntity)
      .find({ order: { createdAt: 'DESC' }, take: runsListed });
    return rows.map(toRunSummary);
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async get(id: string): Promise<RunDetail> {
    const row = await this.getRow(id);
    const [log, samples] = await Promise.all([
      this.db
        .getRepository(RunEventEntity)
        .find({ where: { runId: id }, order: { id: 'DESC' }, take: linesListed }),
      this.db
        .getRepository(RunSampleEntity)
        .find({ where: { runId: id }, order: { step: 'ASC', position: 'ASC' } }),
    ]);
    return toRunDetail(row, { log: log.reverse(), samples });
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async getRow(id: string): Promise<RunEntity> {
    const row = await this.db.getRepository(RunEntity).findOneBy({ id });
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'run' });
    return row;
  }

  /**
   * Metrics by step, ascending.
   *
   * @param after   only later steps
   * @param atMost  thins a long run evenly down to about so many; points of evaluations and the last one always stay
   * @throws AppError `RESOURCE_NOT_FOUND`
   */
  async listPoints(id: string, { after = -1, atMost = Infinity } = {}): Promise<RunPoint[]> {
    await this.getRow(id);
    const [counted] = await this.db.query<[{ count: string; last: number | null }]>(
      `SELECT count(*), max(step) AS last FROM run_points WHERE run_id = $1 AND step > $2`,
      [id, after],
    );
    const every = Math.max(1, Math.ceil(Number(counted.count) / atMost));
    const rows = await this.db.query<{ step: number; at: Date; metrics: Record<string, number> }[]>(
      `SELECT step, at, metrics FROM run_points
       WHERE run_id = $1 AND step > $2 AND (step % $3 = 0 OR step = $4 OR metrics ? 'eval_loss')
       ORDER BY step`,
      [id, after, every, counted.last],
    );
    return rows.map(({ step, at, metrics }) => ({ step, at: at.toISOString(), metrics }));
  }

  /**
   * What a run that answers itself has sampled.
   *
   * @param upTo  shows the last rollout that is kept up to this step; without it the last of all
   * @throws AppError `RESOURCE_NOT_FOUND`
   */
  async listRollouts(id: string, { upTo }: { upTo?: number | undefined } = {}): Promise<RunRollouts> {
    await this.getRow(id);
    const rows = await this.db.query<{ step: number }[]>(
      `SELECT step FROM run_rollouts WHERE run_id = $1 ORDER BY step`,
      [id],
    );
    const steps = rows.map(({ step }) => step);
    const step = steps.findLast((kept) => upTo === undefined || kept <= upTo);
    if (step === undefined) return { steps, shown: null };
    const row = await this.db.getRepository(RunRolloutEntity).findOneBy({ runId: id, step });
    return { steps, shown: row && { step, at: row.at.toISOString(), groups: row.groups } };
  }

  /** All metrics of all steps as CSV: a column each, empty where a step has none. */
  async toCsv(id: string): Promise<string> {
    const points = await this.listPoints(id);
    const names = [...new Set(points.flatMap(({ metrics }) => Object.keys(metrics)))].sort();
    const lines = points.map(({ step, at, metrics }) =>
      [step, at, ...names.map((name) => metrics[name] ?? '')].join(','),
    );
    return `${[['step', 'time', ...names].join(','), ...lines].join('\r\n')}\r\n`;
  }
}

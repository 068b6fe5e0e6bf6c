/**
 * The rows of runs, as the worker that computes them sees them: take, say that it is alive, write down what happens, end.
 *
 * A row names the worker that has it and its machine; one that lost it (it hung, and another took over) writes no more. Two runs never
 * compute on one machine: whoever takes one makes sure, under a lock that all workers of a machine share.
 */
import type { DataSource, EntityManager } from 'typeorm';
import { RunEntity } from '../../common/database/run.entity.js';
import { hasPrompts, withoutPrompts, type RecordedBatch } from './recorded-batch.js';
import { writeBatch } from './write-batch.js';

/** A worker that has said nothing for so long has lost its run. It speaks every two seconds. */
const leaseSeconds = 10;

/** A run as its worker took it. */
export interface TakenRun {
  row: RunEntity;
  /** Rows that had been erased from its dataset by then. What it reads of the dataset may hold those that are erased later. */
  erasedRows: number;
}
export type Taken = TakenRun | 'ended' | 'busy';
/** `without-prompts`: but for what would tell prompts of its dataset. `lost`: nothing, as the run is not this worker's any more. */
export type Recorded = 'whole' | 'without-prompts' | 'lost';
export type RunEnd = Pick<RunEntity, 'state'> &
  Partial<Pick<RunEntity, 'error' | 'artefacts' | 'resultVersionId' | 'metrics'>>;

export class RunStore {
  /** @param worker  id of this process, and what it computes on */
  constructor(
    private readonly dataSource: DataSource,
    private readonly worker: { id: string; machine: string },
  ) {}

  /** @returns the row; `ended` when there is nothing (more) to do; `busy` when another worker has it, or has this machine */
  async take(runId: string): Promise<Taken> {
    return this.dataSource.transaction(async (manager) => {
      const { id, machine } = this.worker;
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`runs:${machine}`]);
      const others = await manager.query<unknown[]>(
        `SELECT 1 FROM runs WHERE (machine = $1 OR id = $2) AND taken_by <> $3 AND state IN ('waiting', 'running')
           AND seen_at > now() - make_interval(secs => $4)`,
        [machine, runId, id, leaseSeconds],
      );
      if (others.length > 0 || (await this.#isOutranked(manager, runId))) return 'busy';
      const [rows] = await manager.query<[{ begins: boolean }[], number]>(
        `UPDATE runs SET taken_by = $2, machine = $3, seen_at = now(), started_at = coalesce(started_at, now()), error = NULL
         WHERE id = $1 AND state IN ('queued', 'waiting', 'running') AND coalesce(scheduled_at, now()) <= now()
         RETURNING started_at = now() AS begins`,
        [runId, id, machine],
      );
      if (rows.length === 0) return 'ended';
      if (rows[0]?.begins) await queueNextNight(manager, runId);
      return {
        row: await manager.findOneByOrFail(RunEntity, { id: runId }),
        erasedRows: await countErasedRows(manager, runId),
      };
    });
  }

  /** Workers ask again in turns of their own, which are not the queue's: whoever has precedence is looked up. */
  async #isOutranked(manager: EntityManager, runId: string): Promise<boolean> {
    const rank = (table: string) => `array_position(ARRAY['high', 'normal', 'low'], ${table}.priority)`;
    const rows = await manager.query<unknown[]>(
      `SELECT 1 FROM runs AS other JOIN runs AS own ON own.id = $1
       WHERE other.state = 'queued' AND coalesce(other.scheduled_at, now()) <= now() AND ${rank('other')} < ${rank('own')} LIMIT 1`,
      [runId],
    );
    return rows.length > 0;
  }

  /** Says that this worker still has it. @returns whether its end was asked for; null when the run is not this worker's any more */
  async keep(runId: string): Promise<{ cancelRequested: boolean } | null> {
    const [rows] = await this.dataSource.query<[{ cancelRequested: boolean }[], number]>(
      `UPDATE runs SET seen_at = now() WHERE id = $1 AND taken_by = $2 AND state IN ('waiting', 'running', 'queued')
       RETURNING cancel_requested AS "cancelRequested"`,
      [runId, this.worker.id],
    );
    return rows[0] ?? null;
  }

  /** @returns false when the run is not this worker's any more */
  async setState(runId: string, state: 'waiting' | 'running'): Promise<boolean> {
    return this.#update(this.dataSource.manager, runId, { state });
  }

  /** Gives the run back: another worker, or this one later, goes on with it. */
  async release(runId: string): Promise<void> {
    await this.#update(this.dataSource.manager, runId, {
      state: 'queued',
      takenBy: null,
      seenAt: null,
      phase: null,
    });
  }

  /**
   * Writes down what happened since the last time. Once somebody's rows were erased from its dataset, a run that has read them tells no
   * prompts any more.
   *
   * @param erasedRows  see `TakenRun`
   */
  async record(runId: string, batch: RecordedBatch, erasedRows: number): Promise<Recorded> {
    return this.dataSource.transaction(async (manager) => {
      // Before the run's row is held, which has to be free to say that the worker is alive.
      const isWhole = !hasPrompts(batch) || (await countErasedRows(manager, runId)) === erasedRows;
      if (!(await this.#update(manager, runId, batch.row))) return 'lost';
      await writeBatch(manager, runId, isWhole ? batch : withoutPrompts(batch));
      return isWhole ? 'whole' : 'without-prompts';
    });
  }

  /**
   * Ends a run, together with what `also` writes.
   *
   * @returns false, having written nothing, when the run is not this worker's any more
   */
  async end(runId: string, toEnd: (manager: EntityManager) => Promise<RunEnd>): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      // Holds the row, so that nobody takes it while its result is written.
      if (!(await this.#update(manager, runId, { phase: null }))) return false;
      const end = await toEnd(manager);
      await this.#update(manager, runId, {
        ...end,
        cancelRequested: false,
        takenBy: null,
        seenAt: null,
        finishedAt: () => 'now()',
      });
      return true;
    });
  }

  /** Runs that should have a job in the queue: at boot, and whenever Redis may have forgotten them. */
  async listUnfinished(): Promise<Pick<RunEntity, 'id' | 'priority' | 'scheduledAt'>[]> {
    return this.dataSource
      .getRepository(RunEntity)
      .createQueryBuilder('run')
      .select(['run.id', 'run.priority', 'run.scheduledAt'])
      .where(`run.state IN ('queued', 'waiting', 'running')`)
      .orderBy('run.createdAt')
      .getMany();
  }

  async #update(manager: EntityManager, runId: string, values: RowChange): Promise<boolean> {
    const { affected } = await manager
      .createQueryBuilder()
      .update(RunEntity)
      .set(values)
      .where({ id: runId, takenBy: this.worker.id })
      .execute();
    return affected === 1;
  }
}

type RowChange = Parameters<ReturnType<ReturnType<EntityManager['createQueryBuilder']>['update']>['set']>[0];

/** Waits for an erasure that is under way, and keeps the next one waiting: it then finds what this transaction writes. */
async function countErasedRows(manager: EntityManager, runId: string): Promise<number> {
  const [dataset] = await manager.query<{ erasedRows: number }[]>(
    `SELECT erased_rows AS "erasedRows" FROM datasets WHERE id = (SELECT dataset_id FROM runs WHERE id = $1) FOR SHARE`,
    [runId],
  );
  return dataset?.erasedRows ?? 0;
}

/** Of a run that repeats: the same once more, at its hour of the next day, on the newest version of its dataset. */
async function queueNextNight(manager: EntityManager, runId: string): Promise<void> {
  await manager.query(
    `INSERT INTO runs (id, name, kind, config, model_id, model_name, start_version_id, start_version_name, dataset_id,
       dataset_name, sample_prompts, priority, sharing, repeats, created_by, scheduled_at)
     SELECT gen_random_uuid(), run.name, run.kind, run.config, run.model_id, run.model_name, run.start_version_id,
       run.start_version_name, coalesce(newest.id, run.dataset_id),
       coalesce(newest.name || ' v' || newest.version, run.dataset_name), run.sample_prompts, run.priority, run.sharing,
       run.repeats, run.created_by,
       run.scheduled_at + make_interval(days => greatest(1, ceil(extract(epoch FROM now() - run.scheduled_at) / 86400)::int))
     FROM runs AS run
     LEFT JOIN datasets AS used ON used.id = run.dataset_id
     LEFT JOIN LATERAL (
       SELECT id, name, version FROM datasets WHERE name = used.name ORDER BY version DESC LIMIT 1
     ) AS newest ON true
     WHERE run.id = $1 AND run.repeats = 'nightly'`,
    [runId],
  );
}

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import {
  isEnded,
  runStates,
  type ChangeRun,
  type NewRun,
  type RunDetail,
  type RunState,
} from '../../common/contracts/run-records.js';
import { RunEntity } from '../../common/database/run.entity.js';
import { holdDatasets } from '../datasets/held-datasets.js';
import { toNewRun } from './new-run.js';
import { RunCheck } from './run-check.service.js';
import { RunNewsService } from './run-news.service.js';
import { RunQueue } from './run-queue.js';
import { RunReader } from './run-reader.service.js';

/** A worker that has not been heard of for so long is gone; its run can be cancelled without it. */
const goneSeconds = 30;
const ended = runStates.filter(isEnded);

type RunChange = Partial<
  Pick<
    RunEntity,
    'state' | 'error' | 'cancelRequested' | 'scheduledAt' | 'repeats' | 'finishedAt' | 'priority'
  >
>;

/** Makes runs and changes what is to become of them. Each change is one statement, so that of two people at once one is told. */
@Injectable()
export class RunService {
  constructor(
    private readonly db: DataSource,
    private readonly check: RunCheck,
    private readonly reader: RunReader,
    private readonly queue: RunQueue,
    private readonly news: RunNewsService,
  ) {}

  /**
   * @param id  chosen by whoever must not make it twice
   * @throws AppError what `RunCheck.check` throws
   */
  async create(wanted: NewRun, userId: string | null, id: string = randomUUID()): Promise<RunDetail> {
    const { version, dataset } = await this.check.check(wanted);
    const { name, config, priority, sharing, samplePrompts, repeats } = wanted;
    const row = {
      id,
      name: name ?? `${config.kind} · ${dataset.name} v${dataset.version}`,
      kind: config.kind,
      config,
      modelId: version.modelId,
      modelName: version.model.name,
      startVersionId: version.id,
      startVersionName: version.name,
      datasetId: dataset.id,
      datasetName: `${dataset.name} v${dataset.version}`,
      samplePrompts,
      priority,
      sharing,
      repeats,
      scheduledAt: wanted.scheduledAt === null ? null : new Date(wanted.scheduledAt),
      createdBy: userId,
    };
    await this.db.transaction(async (db) => {
      await holdDatasets(db, row);
      await db.save(db.create(RunEntity, row));
    });
    this.queue.enqueue(row);
    return this.#told(row.id);
  }

  /** The same run once more, from its beginning. @throws AppError `RUN_STATE_UNFIT`, and what `toNewRun` and `create` do */
  async retry(id: string, userId: string): Promise<RunDetail> {
    const row = await this.reader.getRow(id);
    if (!isEnded(row.state)) throw unfit(row.state, 'retry');
    const { name, config, datasetId, startVersionId, priority, sharing, samplePrompts } = row;
    const wanted = { name, config, datasetId, startVersionId, priority, sharing, samplePrompts };
    return this.create(toNewRun(wanted), userId);
  }

  async change(id: string, { name, priority, scheduledAt }: ChangeRun): Promise<RunDetail> {
    if (name !== undefined) await this.#rows.update({ id }, { name });
    if (priority !== undefined || scheduledAt !== undefined) {
      const turn = {
        ...(priority !== undefined && { priority }),
        ...(scheduledAt !== undefined && toTurn(scheduledAt)),
      };
      await this.#change(id, { action: 'change', from: ['queued'] }, turn);
      this.queue.enqueue(await this.reader.getRow(id));
    }
    return this.#told(id);
  }

  /** Ends a run that nobody computes at once, and asks the worker to end one that it has, which leaves a checkpoint. */
  async cancel(id: string): Promise<RunDetail> {
    const [ownerless] = await this.db.query<[unknown[], number]>(
      `UPDATE runs SET state = 'cancelled', phase = NULL, taken_by = NULL, seen_at = NULL, finished_at = now()
       WHERE id = $1 AND state IN ('queued', 'waiting', 'running')
         AND (taken_by IS NULL OR seen_at < now() - make_interval(secs => $2)) RETURNING id`,
      [id, goneSeconds],
    );
    if (ownerless.length === 0)
      await this.#change(
        id,
        { action: 'cancel', from: ['queued', 'waiting', 'running'] },
        { cancelRequested: true },
      );
    this.queue.cancel(id);
    return this.#told(id);
  }

  /**
   * Lets a run that was cancelled or failed go on from its last checkpoint.
   *
   * @throws AppError `RUN_STATE_UNFIT`, and what `toNewRun` and `RunCheck.check` do
   */
  async resume(id: string): Promise<RunDetail> {
    const { datasetId, config, startVersionId } = await this.reader.getRow(id);
    await this.check.check(toNewRun({ config, datasetId, startVersionId }));
    const anew: RunChange = {
      state: 'queued',
      error: null,
      cancelRequested: false,
      // Its turn is now; the next night's run was queued when it first began.
      repeats: 'once',
      scheduledAt: null,
      finishedAt: null,
    };
    await this.db.transaction(async (db) => {
      await holdDatasets(db, { config, datasetId });
      await this.#change(id, { action: 'resume', from: ['cancelled', 'failed'], db }, anew);
    });
    this.queue.enqueue(await this.reader.getRow(id));
    return this.#told(id);
  }

  /** Forgets a run and its files. The version that it made stays. */
  async delete(id: string): Promise<void> {
    const { affected } = await this.#rows.delete({ id, state: In(ended) });
    if (!affected) throw unfit((await this.reader.getRow(id)).state, 'delete');
    this.queue.removeFiles(id);
    this.news.announce(id);
  }

  get #rows() {
    return this.db.getRepository(RunEntity);
  }

  async #change(
    id: string,
    { action, from, db = this.db.manager }: { action: string; from: RunState[]; db?: EntityManager },
    to: RunChange,
  ): Promise<void> {
    const { affected } = await db.update(RunEntity, { id, state: In(from) }, to as { error: null });
    if (!affected) throw unfit((await this.reader.getRow(id)).state, action);
  }

  async #told(id: string): Promise<RunDetail> {
    this.news.announce(id);
    return this.reader.get(id);
  }
}

/** A run without a time cannot repeat at it. */
const toTurn = (scheduledAt: string | null) =>
  scheduledAt === null
    ? { scheduledAt: null, repeats: 'once' as const }
    : { scheduledAt: new Date(scheduledAt) };

const unfit = (state: RunState, action: string) => new AppError('RUN_STATE_UNFIT', { state, action });

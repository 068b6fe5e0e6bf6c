/** What the training worker finds at work: a tiny model, a dataset, rows of runs; and the worker itself, as built. */
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { vi } from 'vitest';
import { toArtefactPath } from '../../common/config/artefacts.js';
import { dataSplits, type DataKind, type DataSplit } from '../../common/contracts/dataset-formats.js';
import { toDataFileName, type DataCounts } from '../../common/contracts/datasets.js';
import { isEnded, type RunState } from '../../common/contracts/run-records.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { createDataSource } from '../../common/database/data-source.js';
import { RunEntity } from '../../common/database/run.entity.js';
import { hashPrompt, readRow } from '../../server/datasets/rows/data-row.js';
import { startProgram, type ProgramOptions, type RunningProgram } from './programs.js';
import { createTestDatabase, createTestRedis, type TestDatabase } from './services.js';
import { writeTinyModel, type TinyModelOptions } from './tiny-model.js';
import type { Row } from './training-folder.js';

export interface NewDataset {
  kind: DataKind;
  train: readonly Row[];
  heldOut?: readonly Row[];
}

export class TrainingStack implements AsyncDisposable {
  readonly #programs: RunningProgram[] = [];

  private constructor(
    readonly services: { databaseUrl: string; redisUrl: string; dataDir: string },
    readonly db: DataSource,
    /** Of the tiny model. */
    readonly base: { modelId: string; versionId: string; path: string },
    private readonly release: () => Promise<unknown>,
  ) {}

  /** @param database  one that the test may take away; the stack drops it at the end */
  static async create(
    model: TinyModelOptions = {},
    database: Pick<TestDatabase, 'url' | 'drop'> | null = null,
  ): Promise<TrainingStack> {
    const redis = await createTestRedis();
    const { url: databaseUrl, drop } = database ?? (await createTestDatabase());
    const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-runs-'));
    chmodSync(dataDir, 0o755);
    const db = await createDataSource(databaseUrl, { poolSize: 3 }).initialize();
    const file = path.join(dataDir, 'tiny.gguf');
    await writeTinyModel(file, model);
    const base = { modelId: randomUUID(), versionId: randomUUID(), path: file };
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    await db.query(
      `INSERT INTO models (id, name, source, path, size_bytes, sha256, architecture, parameters, context_tokens, is_default)
       VALUES ($1, 'Tiny', 'file:tiny', $2, 1, $3, 'llama', 1, $4, true)`,
      [base.modelId, file, sha256, model.contextLength ?? 256],
    );
    await db.query(`INSERT INTO model_versions (id, model_id, name, is_live) VALUES ($1, $2, 'tiny', true)`, [
      base.versionId,
      base.modelId,
    ]);
    const services = { databaseUrl, redisUrl: redis.url, dataDir };
    return new TrainingStack(services, db, base, async () => {
      await db.destroy();
      await Promise.all([drop(), redis.release()]);
      rmSync(dataDir, { recursive: true, force: true });
    });
  }

  startWorker(options: Pick<ProgramOptions, 'environment' | 'fileSizeBytes'> = {}): RunningProgram {
    const program = startProgram('worker/training/main', { ...this.services, ...options });
    this.#programs.push(program);
    return program;
  }

  /** A frozen dataset with its files, whose rows are called `train 0`, `held_out 0` and so on. @returns its id */
  async addDataset({ kind, train, heldOut = [] }: NewDataset): Promise<string> {
    const id = randomUUID();
    const folder = path.join('datasets', id);
    const files = { train: toStored(train, 'train'), held_out: toStored(heldOut, 'held_out') };
    mkdirSync(toArtefactPath(this.services.dataDir, folder), { recursive: true });
    for (const split of dataSplits)
      if (files[split].length > 0)
        writeFileSync(
          path.join(toArtefactPath(this.services.dataDir, folder), toDataFileName(kind, split)),
          files[split].map((row) => `${JSON.stringify(row)}\n`).join(''),
        );
    const none = { train: 0, held_out: 0 };
    const counts: DataCounts = { sft: none, preference: none, kto: none, prompt: none, text: none };
    counts[kind] = { train: train.length, held_out: heldOut.length };
    await this.db.query(
      `INSERT INTO datasets (id, name, version, source, split_settings, content_hash, counts, report, folder)
       VALUES ($1, $2, 1, $3, '{"heldOutFraction":0.1,"seed":42}', $4, $5, '{}', $6)`,
      [
        id,
        `set ${id.slice(0, 8)}`,
        { type: 'upload', fileName: 'rows.jsonl', format: 'trl-conversational' },
        id,
        counts,
        folder,
      ],
    );
    const items = dataSplits.flatMap((split) =>
      files[split].map((row) => ({ rowId: row.id, split, promptHash: promptOf(row) })),
    );
    await this.db.query(
      `INSERT INTO dataset_items (dataset_id, position, row_id, kind, split, event_ids, content_hash, prompt_hash, people)
       SELECT $1, place - 1, i->>'rowId', $2, i->>'split', '{}', '', i->>'promptHash', '{}'
       FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS given (i, place)`,
      [id, kind, JSON.stringify(items)],
    );
    return id;
  }

  /** A run as the server would have queued it. @returns its id */
  async addRun(config: Row, datasetId: string, more: Partial<RunEntity> = {}): Promise<string> {
    const parsed = runConfigSchema.parse(config);
    const id = randomUUID();
    await this.db.getRepository(RunEntity).save({
      id,
      name: 'a run',
      kind: parsed.kind,
      config: parsed,
      modelId: this.base.modelId,
      modelName: 'Tiny',
      startVersionId: this.base.versionId,
      startVersionName: 'tiny',
      datasetId,
      datasetName: 'a set',
      samplePrompts: [],
      ...more,
    });
    return id;
  }

  getRun(id: string): Promise<RunEntity> {
    return this.db.getRepository(RunEntity).findOneByOrFail({ id });
  }

  /** Waits until the run is so. */
  async untilRun(id: string, isSo: (run: RunEntity) => boolean, timeoutMs = 80_000): Promise<RunEntity> {
    return vi.waitFor(
      async () => {
        const run = await this.getRun(id);
        if (!isSo(run)) throw new Error(`The run is ${run.state} at step ${run.step}.\n${this.#output()}`);
        return run;
      },
      { timeout: timeoutMs, interval: 50 },
    );
  }

  untilState(id: string, state: RunState): Promise<RunEntity> {
    return this.untilRun(id, (run) => {
      if (isEnded(run.state) && run.state !== state)
        return fail(`The run is ${run.state}: ${JSON.stringify(run.error)}`);
      return run.state === state;
    });
  }

  /** Absolute path of something in the run's folder. */
  runFile(id: string, file: string): string {
    return toArtefactPath(this.services.dataDir, path.join('runs', id, file));
  }

  #output(): string {
    return this.#programs.map((program) => program.output().slice(-2000)).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program.stop();
    await this.release();
  }
}

const toStored = (rows: readonly Row[], split: DataSplit) =>
  rows.map((row, index) => ({ id: `${split} ${index}`, events: [], ...row }));

/** A row that is broken on purpose has a prompt of its own. */
function promptOf(row: Row & { id: string }): string {
  const content = readRow(row, 1);
  return 'problem' in content ? row.id : hashPrompt(content);
}

/** Ends waiting for what cannot come any more. */
function fail(message: string): never {
  throw new Error(message);
}

/** Stands where training data and the training worker stand, for tests about the routes alone. */
import { randomUUID } from 'node:crypto';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { DatasetReport } from '../../common/contracts/datasets.js';
import type { RunEstimate } from '../../common/contracts/run-records.js';
import { createDataSource } from '../../common/database/data-source.js';
import { queueNames } from '../../common/queue/queues.js';

const estimate: RunEstimate = {
  device: 'test',
  trainableParameterCount: 1,
  totalSteps: 1,
  examples: 1,
  heldOutExamples: 0,
  dropped: 0,
  memoryBytes: 1,
  memoryAvailableBytes: 2,
  fits: true,
  secondsPerStep: 1,
  seconds: 1,
  measuredBesideRun: false,
};

/** Says the same of every run. */
export class ScriptedEstimates implements AsyncDisposable {
  private readonly connection: Redis;
  private readonly worker: Worker;

  constructor(redisUrl: string) {
    this.connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
    this.worker = new Worker(queueNames.trainingTasks, () => Promise.resolve(estimate), {
      connection: this.connection,
    });
    this.worker.on('error', () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.close(true);
    this.connection.disconnect();
  }
}

/** A dataset of pairs whose files nobody reads. @returns its id */
export async function insertDataset(databaseUrl: string): Promise<string> {
  const db = await createDataSource(databaseUrl, { poolSize: 1 }).initialize();
  const id = randomUUID();
  const none = { train: 0, held_out: 0 };
  const counts = { sft: none, preference: { train: 8, held_out: 2 }, kto: none, prompt: none, text: none };
  const source = { type: 'upload', fileName: 'pairs.jsonl', format: 'trl-conversational' };
  const report: DatasetReport = {
    split: { rule: 'prompt', people: 0, heldOutPeople: 0, leftOut: 0 },
    merged: 0,
    nearDuplicates: 0,
    contradictions: 0,
    skipped: {},
    lengths: {},
    scripts: { latin: 10, cjk: 0, other: 0 },
    raters: [],
    raterCount: 0,
  };
  await db.query(
    `INSERT INTO datasets (id, name, version, source, split_settings, content_hash, counts, report, folder)
     VALUES ($1, $2, 1, $3, '{"heldOutFraction":0.1,"seed":42}', $2, $4, $5, 'nowhere')`,
    [id, id, source, counts, report],
  );
  await db.query(
    `INSERT INTO dataset_items (dataset_id, position, row_id, kind, split, event_ids, content_hash, prompt_hash, people)
     SELECT $1, row - 1, row, 'preference', CASE WHEN row > 8 THEN 'held_out' ELSE 'train' END, '{}', row, row, '{}'
     FROM generate_series(1, 10) AS row`,
    [id],
  );
  await db.destroy();
  return id;
}

/**
 * The rows that an evaluation copies, and what becomes of them while it is under way: the real evaluator, erasure and tables. What both
 * versions say of the rows is the test's, where processes of their own would compute it.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { evaluationFolder, toArtefactPath } from '../../common/config/artefacts.js';
import { readConfig } from '../../common/config/config.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { createLogger } from '../../common/logging/logger.js';
import { DatasetService } from '../../server/datasets/dataset.service.js';
import { DatasetErasure } from '../../server/datasets/snapshot/erasure.service.js';
import { toServerConfig, type ServerConfig } from '../../server/platform/server-config.js';
import type { ProcessMeter } from '../../worker/metering/process-meter.js';
import { Evaluator } from '../../worker/training/evaluator.js';
import type { Task, TaskReply } from '../../worker/training/task.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';

/** What happens before each of the processes reads the rows, in turn. */
const meanwhile = vi.hoisted(() => [] as (() => Promise<void> | void)[]);
vi.mock('../../worker/training/ask-task.js', () => ({ askTask: answer }));

let stack: TrainingStack;
let config: ServerConfig;
let evaluator: Evaluator;
let candidateId: string;
let datasetId: string;
let id: string;
const log = createLogger('training', { level: 'fatal' });

beforeAll(async () => {
  stack = await TrainingStack.create();
  const { databaseUrl, redisUrl, dataDir } = stack.services;
  config = toServerConfig(
    readConfig({ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, ATTUNE_DATA_DIR: dataDir }),
  );
  const meter = () => ({ [Symbol.asyncDispose]: () => Promise.resolve() }) as ProcessMeter;
  evaluator = new Evaluator({ dataSource: stack.db, config, log, meterOf: () => meter });
  candidateId = randomUUID();
  await stack.db.query(
    `INSERT INTO model_versions (id, model_id, name, adapter_path, adapter_sha256) VALUES ($1, $2, 'candidate', 'none', $3)`,
    [candidateId, stack.base.modelId, '1'.repeat(64)],
  );
});
afterAll(() => stack[Symbol.asyncDispose]());
beforeEach(async () => {
  meanwhile.length = 0;
  datasetId = await stack.addDataset({
    kind: 'preference',
    train: plantedPairs(4),
    heldOut: plantedPairs(12).slice(4),
  });
  await stack.db.query(`UPDATE datasets SET report = '{"raters":[]}' WHERE id = $1`, [datasetId]);
  id = randomUUID();
  await stack.db.getRepository(EvaluationEntity).insert({
    id,
    candidateId,
    candidateName: 'candidate',
    liveId: stack.base.versionId,
    liveName: 'tiny',
    datasetId,
    datasetName: 'judging',
    promptSets: [],
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  // Whatever became of it.
  expect(existsSync(copies())).toBe(false);
});

const copies = () => toArtefactPath(config.dataDir, evaluationFolder(id));
const evaluate = () => evaluator.evaluate(id, new AbortController().signal);
const getRow = () => stack.db.getRepository(EvaluationEntity).findOneByOrFail({ id });
const readRows = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string });

/** As the processes would: the candidate leans to the better answer of every row. */
async function answer(task: Task): Promise<TaskReply> {
  if (task.type === 'sample')
    return { type: 'sample', answers: task.prompts.map(() => ({ text: 'Well.', ended: true })) };
  if (task.type !== 'judge' && task.type !== 'log_probs')
    throw new TypeError(`nobody asked for ${task.type}`);
  await meanwhile.shift()?.();
  const { dataPath, startAdapterPath } = task.request;
  const rows = readRows(dataPath);
  if (task.type === 'log_probs')
    return { type: 'log_probs', answers: rows.map((_, index) => ({ line: index + 1, logProbs: [-1] })) };
  const side = (logProb: number) => ({ logProb, tokens: 1 });
  const worse = side(startAdapterPath === null ? -1 : -2);
  const logProbs = [-1];
  return {
    type: 'judge',
    pairs: rows.map((row) => ({ prompt: row.id, better: side(-1), worse })),
    dropped: 0,
    answers: task.prompts.map(() => 'Well.'),
    sides: { trainer: logProbs, server: logProbs, trainerBase: logProbs, serverBase: logProbs },
  };
}

/** As if whoever the row came from had been erased. */
async function erase(rowId: string): Promise<void> {
  await stack.db.query(
    `UPDATE dataset_items SET people = ARRAY[$1]::uuid[] WHERE dataset_id = $2 AND row_id = $3`,
    [randomUUID(), datasetId, rowId],
  );
  await new DatasetErasure(stack.db, config, log).checkDataset(datasetId);
}

it('are read by both versions, and go with what a worker left that was killed', async () => {
  mkdirSync(copies(), { recursive: true });
  writeFileSync(path.join(copies(), 'preference.held-out.jsonl'), '{"id":"of another time"}\n');
  meanwhile.push(() => {
    expect(readRows(path.join(copies(), 'preference.held-out.jsonl'))).toHaveLength(8);
  });
  await evaluate();
  expect(await getRow()).toMatchObject({ state: 'succeeded', result: { pairs: 8, wins: 8, leftOut: 0 } });
  expect(readdirSync(toArtefactPath(config.dataDir, 'evaluations'))).toEqual([]);
});

it.each([
  ['the second version has read them', 1],
  ['the answers that tell the distance are read', 2],
])('go where somebody is erased before %s, and what is left judges anew', async (_, processes) => {
  meanwhile.push(...Array.from({ length: processes }, () => () => undefined), () => erase('held_out 2'));
  await evaluate();
  expect(existsSync(copies())).toBe(false);
  expect((await getRow()).state).toBe('running');
  await evaluate();
  expect(await getRow()).toMatchObject({ state: 'succeeded', result: { pairs: 7, wins: 7 } });
});

it('go with their dataset, without which nothing is judged', async () => {
  meanwhile.push(() => new DatasetService(stack.db, config).delete(datasetId));
  await evaluate();
  expect((await getRow()).state).toBe('running');
  await evaluate();
  expect(await getRow()).toMatchObject({ state: 'failed', error: { code: 'EVALUATION_SOURCE_GONE' } });
});

it('are not called missing where there is no room for them', async () => {
  const handle = await open(stack.base.path);
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const prototype = Object.getPrototypeOf(handle) as typeof handle;
  vi.spyOn(prototype, 'appendFile').mockRejectedValue(full);
  await handle.close();
  await evaluate();
  const { state, error } = await getRow();
  expect(state).toBe('failed');
  expect(error).toMatchObject({ code: 'RUN_TASK_CRASHED', details: { how: String(full) } });
});

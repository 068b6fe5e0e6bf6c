import { Worker, type Processor } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AppError } from '../../common/contracts/errors.js';
import { createLogger } from '../../common/logging/logger.js';
import { connectRedis } from '../../common/queue/redis.js';
import { endProcess } from '../../bin/launcher/processes.js';
import type { RunningRedis } from '../../bin/launcher/redis.js';
import { WorkerQuestions } from '../../server/platform/worker-questions.js';
import { startOwnRedis } from '../support/services.js';

const logger = createLogger('server', { level: 'fatal' });
let service: RunningRedis & AsyncDisposable;
let connections: Redis[];
let questions: WorkerQuestions<{ number: number }>;
let worker: Worker | null;

beforeEach(async () => {
  service = await startOwnRedis();
  connections = [];
  worker = null;
  questions = new WorkerQuestions('sums', { redis: connect(), logger, part: 'The calculator' });
});
afterEach(async () => {
  questions.close();
  void worker?.close(true);
  for (const connection of connections) connection.disconnect();
  await service[Symbol.asyncDispose]();
});

function connect(): Redis {
  const connection = connectRedis(service.url);
  connection.on('error', () => undefined);
  connections.push(connection);
  return connection;
}
function answerBy(process: Processor<{ number: number }>): void {
  worker = new Worker('sums', process, { connection: connect() });
  worker.on('error', () => undefined);
}

it('gives the answer, and leaves none of many in Redis', async () => {
  answerBy(async ({ data }) => 'x'.repeat(data.number));
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, number) => questions.ask({ number }, 20_000)),
  );
  expect(answers.map(String).map(({ length }) => length)).toEqual([...answers.keys()]);
  const redis = connect();
  // Keys of jobs end with the number of the job.
  await expect
    .poll(async () => (await redis.keys('bull:sums:*')).filter((key) => /\d$/.test(key)))
    .toEqual([]);
  expect(await redis.xlen('bull:sums:events')).toBeLessThan(200);
});

it('gives the error that the worker says', async () => {
  const refusal = new AppError('MODEL_NOT_FOUND', { model: 'gone' });
  answerBy(() => Promise.reject(new Error(JSON.stringify(refusal.toFailure()))));
  await expect(questions.ask({ number: 1 }, 20_000)).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    details: { model: 'gone' },
  });
});

it('is unavailable in time when nobody answers, and when Redis is away', async () => {
  const ask = async () => {
    const startedAt = performance.now();
    const error: unknown = await questions.ask({ number: 1 }, 500).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SERVER_UNAVAILABLE', details: { part: 'The calculator' } });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  };
  await ask();
  await endProcess(service.pid, ['SIGKILL']);
  await service.exited;
  await ask();
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endProcess } from '../../bin/launcher/processes.js';
import { startRedis } from '../../bin/launcher/redis.js';
import { createDataSource } from '../../common/database/data-source.js';
import { jobRetention, queueNames } from '../../common/queue/queues.js';
import { connectRedis } from '../../common/queue/redis.js';
import {
  findGeneration,
  readLastText,
  registerTestModel,
  startGenerations,
  waitForEnd,
  waitForStreamEnd,
  waitForText,
} from '../support/generations.js';
import { startInferenceWorker } from '../support/programs.js';
import { createTestDatabase } from '../support/services.js';
import { writeTinyModel } from '../support/tiny-model.js';

describe('an answer while Redis is lost', () => {
  let folder: string;
  let modelFile: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'attune-outage-'));
    modelFile = path.join(folder, 'tiny.gguf');
    const size = { contextLength: 2048, layers: 8, width: 256, feedForward: 768 };
    await writeTinyModel(modelFile, { ...size, endless: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('goes on, is saved, and is told in full when Redis is back and empty', async () => {
    await using database = await createTestDatabase();
    const first = await startRedis({ dataDir: folder, isDurable: false });
    const db = await createDataSource(database.url, { poolSize: 3 }).initialize();
    const redis = connectRedis(first.url);
    redis.on('error', () => undefined);
    const modelVersionId = await registerTestModel(db, modelFile);
    await using worker = startInferenceWorker({
      databaseUrl: database.url,
      redisUrl: first.url,
      dataDir: path.join(folder, 'data'),
    });
    const [id = ''] = await startGenerations(db, redis, { modelVersionId, sampling: { maxTokens: 1200 } });
    const seen = await waitForText(redis, id, 30);
    const { jobId } = await findGeneration(db, id);

    await endProcess(first.pid, ['SIGKILL']);
    await first.exited;
    const saved = (await findGeneration(db, id)).text.length;
    for (let tries = 0; tries < 200; tries++) {
      if ((await findGeneration(db, id)).text.length > saved) break;
      await delay(50);
    }
    expect((await findGeneration(db, id)).text.length).toBeGreaterThan(saved);

    const second = await startRedis({ dataDir: folder, isDurable: false });
    expect(second.url).toBe(first.url);
    // What the server's reconciler does for a row whose job is gone.
    const queue = new Queue(queueNames.generate, { connection: redis });
    await queue.add('generate', { requestId: 'test', generationIds: [id] }, { jobId, ...jobRetention });
    const row = await waitForEnd(db, id);
    expect(row).toMatchObject({ status: 'complete', stopReason: 'length' });
    expect(row.text.startsWith(seen)).toBe(true);
    await waitForStreamEnd(redis, id);
    // An answer that ended during the outage leaves nothing in the stream but its end; the row has it.
    const told = await readLastText(redis, id);
    if (told !== null) expect(told).toBe(row.text);
    expect(worker.output()).not.toContain('answer failed');

    await queue.close();
    redis.disconnect();
    await db.destroy();
    await second.stop();
  });
});

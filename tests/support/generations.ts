/** Generations as the server makes them, for tests of the inference worker without a server. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { generationRequestSchema, type GenerationEvent } from '../../common/contracts/generation.js';
import { samplingSchema, type Sampling } from '../../common/contracts/sampling.js';
import { GenerationEntity } from '../../common/database/generation.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { readEvents } from '../../common/queue/generation-stream.js';
import { jobRetention, queueNames } from '../../common/queue/queues.js';

/** Makes a file a model. @returns the id of its untuned version */
export async function registerTestModel(
  db: DataSource,
  file: string,
  { name = 'tiny', isDefault = true, contextTokens = 8192 } = {},
): Promise<string> {
  const modelId = randomUUID();
  const versionId = randomUUID();
  await db.getRepository(ModelEntity).insert({
    id: modelId,
    name,
    source: `file:${file}`,
    path: file,
    sizeBytes: statSync(file, { throwIfNoEntry: false })?.size ?? 1,
    sha256: randomUUID(),
    architecture: 'llama',
    parameters: 1,
    contextTokens,
    isDefault,
  });
  await db.getRepository(ModelVersionEntity).insert({ id: versionId, modelId, name, isLive: true });
  return versionId;
}

export interface GenerationOptions {
  modelVersionId: string;
  content?: string;
  prefix?: string;
  sampling?: Partial<Sampling>;
  topLogProbs?: number;
  count?: number;
}

/** Writes the rows and enqueues their job. */
export async function startGenerations(
  db: DataSource,
  redis: Redis,
  options: GenerationOptions,
): Promise<string[]> {
  const {
    modelVersionId,
    content = 'Tell me a story',
    prefix = '',
    sampling,
    topLogProbs,
    count = 1,
  } = options;
  const jobId = randomUUID();
  const ids = Array.from({ length: count }, () => randomUUID());
  const request = generationRequestSchema.parse({
    turns: [{ role: 'user', content }],
    prefix,
    sampling: samplingSchema.parse({ temperature: 0, maxTokens: 16, ...sampling }),
    topLogProbs: topLogProbs ?? null,
  });
  for (const id of ids) {
    await db.query(
      `INSERT INTO generations (id, model_version_id, request_id, request, job_id) VALUES ($1, $2, 'test', $3, $4)`,
      [id, modelVersionId, JSON.stringify(request), jobId],
    );
  }
  const queue = new Queue(queueNames.generate, { connection: redis });
  await queue.add('generate', { requestId: 'test', generationIds: ids }, { jobId, ...jobRetention });
  await queue.close();
  return ids;
}

export async function findGeneration(db: DataSource, id: string): Promise<GenerationEntity> {
  return db.getRepository(GenerationEntity).findOneByOrFail({ id });
}

/** Waits for the row to be finished. */
export async function waitForEnd(db: DataSource, id: string, timeoutMs = 50_000): Promise<GenerationEntity> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const row = await findGeneration(db, id);
    if (row.finishedAt) return row;
    if (Date.now() > deadline)
      throw new Error(`generation ${id} is still ${row.status}: ${row.text.slice(-80)}`);
    await delay(50);
  }
}

/** Waits until the stream has this much text. @returns it */
export async function waitForText(redis: Redis, id: string, length: number): Promise<string> {
  for (let tries = 0; tries < 1000; tries++) {
    const { text } = await readAnswer(redis, id);
    if (text.length >= length) return text;
    await delay(20);
  }
  throw new Error(`generation ${id} does not reach ${length} characters`);
}

/** The stream once it has its end, which follows the row's. */
export async function waitForDone(redis: Redis, id: string): ReturnType<typeof readAnswer> {
  await waitForStreamEnd(redis, id);
  return readAnswer(redis, id);
}

export async function waitForStreamEnd(redis: Redis, id: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const entries = await readEvents(redis, id, { count: 100_000 });
    const last = entries.at(-1)?.event.type;
    if (last === 'done' || last === 'failed') return;
    await delay(20);
  }
  throw new Error(`the stream of generation ${id} has no end`);
}

/** The stream as a reader sees it. @throws when a delta leaves a gap */
export async function readAnswer(
  redis: Redis,
  id: string,
): Promise<{ text: string; events: GenerationEvent[] }> {
  const events = (await readEvents(redis, id, { count: 100_000 })).map((entry) => entry.event);
  let text = '';
  for (const event of events) {
    if (event.type !== 'delta') continue;
    if (event.offset > text.length) throw new Error(`gap before ${event.offset} after ${text.length}`);
    text = text.slice(0, event.offset) + event.text;
  }
  return { text, events };
}

/** Text of a stream that lost its beginning: from the last time it was told in full; null when it never was. */
export async function readLastText(redis: Redis, id: string): Promise<string | null> {
  let text: string | null = null;
  for (const { event } of await readEvents(redis, id, { count: 100_000 })) {
    if (event.type !== 'delta') continue;
    if (event.offset === 0) text = event.text;
    else if (text !== null) text = text.slice(0, event.offset) + event.text;
  }
  return text;
}

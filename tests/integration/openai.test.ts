import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
  type APIError,
} from 'openai';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import { createDataSource } from '../../common/database/data-source.js';
import { GenerationEntity } from '../../common/database/generation.entity.js';
import { connectRedis } from '../../common/queue/redis.js';
import { completionChunkSchema, completionSchema } from '../../server/openai/completion-response.js';
import { embeddingListSchema } from '../../server/openai/embedding.service.js';
import { RateLimiter } from '../../server/platform/rate-limiter.service.js';
import { expectStatus, setUpAdmin, type Person } from '../support/api-client.js';
import { registerTestModel } from '../support/generations.js';
import {
  startInferenceWorker,
  startServer,
  waitFor,
  type RunningProgram,
  type RunningServer,
} from '../support/programs.js';
import {
  createTestDatabase,
  createTestRedis,
  type TestDatabase,
  type TestRedis,
} from '../support/services.js';
import { writeTinyModel } from '../support/tiny-model.js';

const model = 'tiny';
const messages = [{ role: 'user' as const, content: 'Say something.' }];
/** Few: tests share their machine. */
const tokens = 10;
const seeded = { model, messages, seed: 7, max_tokens: tokens };

let folder: string;
let database: TestDatabase;
let redis: TestRedis;
let db: DataSource;
let worker: RunningProgram;
let server: RunningServer;
let client: OpenAI;
let admin: Person | undefined;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'attune-openai-'));
  const modelFile = path.join(folder, 'tiny.gguf');
  [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  await writeTinyModel(modelFile, { contextLength: 2048 });
  db = await createDataSource(database.url, { poolSize: 2 }).initialize();
  await registerTestModel(db, modelFile);
  const options = { databaseUrl: database.url, redisUrl: redis.url, dataDir: path.join(folder, 'data') };
  worker = startInferenceWorker(options);
  server = await startServer(options);
  client = newClientWith((await newKey()).key);
});
afterAll(async () => {
  await Promise.all([server[Symbol.asyncDispose](), worker[Symbol.asyncDispose]()]);
  await db.destroy();
  await Promise.all([database.drop(), redis.release()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('the official client', () => {
  it('lists the models and shows one', async () => {
    const { data } = await client.models.list();
    expect(data).toEqual([{ id: model, object: 'model', created: expect.any(Number), owned_by: 'attune' }]);
    expect(await client.models.retrieve(model)).toEqual(data[0]);
  });

  it('gets a whole answer, which is kept under its id', async () => {
    const completion = await client.chat.completions.create({ ...seeded, user: 'somebody', store: true });
    completionSchema.parse(completion);
    const [choice] = completion.choices;
    expect(choice).toMatchObject({ index: 0, finish_reason: 'length', logprobs: null });
    expect(completion.usage).toMatchObject({ completion_tokens: tokens });
    expect(completion.usage?.total_tokens).toBe((completion.usage?.prompt_tokens ?? 0) + tokens);
    const [row] = await findGenerations(completion.id);
    expect(row).toMatchObject({ status: 'complete', text: choice?.message.content });
    expect(row?.request.turns).toEqual(messages);
  });

  it('gets the same answer for the same seed, whole or streamed', async () => {
    const whole = await client.chat.completions.create(seeded);
    const again = await client.chat.completions.create(seeded);
    expect(again.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);

    const chunks = [];
    const stream = await client.chat.completions.create({
      ...seeded,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) chunks.push(chunk);
    for (const chunk of chunks) completionChunkSchema.parse(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('length');
    const last = chunks.at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage).toMatchObject({
      completion_tokens: tokens,
      total_tokens: (whole.usage?.prompt_tokens ?? 0) + tokens,
    });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  });

  it('gets several choices of one prompt, counted once', async () => {
    const completion = await client.chat.completions.create({ ...seeded, n: 3 });
    expect(completion.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(new Set(completion.choices.map((choice) => choice.message.content)).size).toBe(3);
    expect(completion.usage?.completion_tokens).toBe(3 * tokens);
    expect(await findGenerations(completion.id)).toHaveLength(3);

    const streamed = ['', '', ''];
    for await (const chunk of await client.chat.completions.create({ ...seeded, n: 3, stream: true }))
      for (const { index, delta } of chunk.choices) streamed[index] += delta.content ?? '';
    expect(streamed).toEqual(completion.choices.map((choice) => choice.message.content));
  });

  it('gets log-probs that belong to the tokens, whole or streamed', async () => {
    const asked = { ...seeded, logprobs: true, top_logprobs: 3 };
    const completion = await client.chat.completions.create(asked);
    const found = completion.choices[0]?.logprobs?.content ?? [];
    expect(found).toHaveLength(tokens);
    // Control tokens are drawn like others and are no part of the text.
    const spoken = found.filter(({ token }) => !/^<\|.*\|>$/.test(token));
    const bytes = Buffer.from(spoken.flatMap((token) => token.bytes ?? []));
    expect(bytes.toString()).toBe(completion.choices[0]?.message.content);
    for (const { logprob, top_logprobs } of found) {
      expect(logprob).toBeLessThan(0);
      expect(top_logprobs).toHaveLength(3);
      expect(top_logprobs[0]?.logprob).toBeGreaterThanOrEqual(top_logprobs[1]?.logprob ?? 0);
    }
    const streamed = [];
    for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }))
      streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
    expect(streamed).toEqual(found);
  });

  it('gets an answer that ends before a stop string', async () => {
    const { choices } = await client.chat.completions.create(seeded);
    const text = choices[0]?.message.content ?? '';
    const stop = text.slice(3, 5);
    const stopped = await client.chat.completions.create({ ...seeded, stop: [stop] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(stopped.choices[0]?.message.content).toBe(text.slice(0, text.indexOf(stop)));
  });

  it('gets JSON that satisfies its schema', async () => {
    const schema = {
      type: 'object',
      properties: { colour: { enum: ['red', 'green'] }, sure: { type: 'boolean' } },
      required: ['colour', 'sure'],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.create({
      model,
      messages,
      max_completion_tokens: 400,
      response_format: { type: 'json_schema', json_schema: { name: 'judgement', schema, strict: true } },
    });
    expect(choices[0]?.finish_reason).toBe('stop');
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({
      colour: expect.stringMatching(/^(red|green)$/),
      sure: expect.any(Boolean),
    });
  });

  it('gets embeddings as numbers and as base64', async () => {
    const input = ['one text', 'another text'];
    // Without a format the client asks for base64 and turns it into numbers itself.
    const decoded = await client.embeddings.create({ model, input });
    const plain = await client.embeddings.create({ model, input, encoding_format: 'float' });
    embeddingListSchema.parse(plain);
    expect(plain.data).toHaveLength(2);
    for (const [index, { embedding }] of plain.data.entries()) {
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 4);
      const other = decoded.data[index]?.embedding ?? [];
      embedding.forEach((value, position) => expect(other[position]).toBeCloseTo(value, 5));
    }
    expect(plain.usage.prompt_tokens).toBeGreaterThan(0);
  });
});

describe('a caller who goes away', () => {
  // The grammar keeps the answer from ending by itself before anyone could go away.
  const numbers = { type: 'array', items: { type: 'integer' }, minItems: 500 };
  const endless = {
    model,
    messages,
    seed: 3,
    max_tokens: 1500,
    response_format: { type: 'json_schema', json_schema: { name: 'numbers', schema: numbers } },
  } as const;

  it('stops a streamed answer', async () => {
    const stream = await client.chat.completions.create({ ...endless, stream: true });
    let id = '';
    for await (const chunk of stream) {
      id = chunk.id;
      if (chunk.choices[0]?.delta.content) break;
    }
    stream.controller.abort();
    await waitFor(server, async () => (await findGenerations(id))[0]?.status === 'stopped');
    const [row] = await findGenerations(id);
    expect(row?.usage?.completionTokens).toBeLessThan(1500);
  });

  it('stops an answer that was to come whole', async () => {
    const gone = new AbortController();
    const asked = client.chat.completions.create(endless, { signal: gone.signal }).catch(() => 'aborted');
    const running = async () => (await db.manager.findOneBy(GenerationEntity, { status: 'running' }))?.id;
    await waitFor(server, async () => (await running()) !== undefined);
    const id = await running();
    gone.abort();
    expect(await asked).toBe('aborted');
    await waitFor(
      server,
      async () => (await db.manager.findOneByOrFail(GenerationEntity, { id })).status === 'stopped',
    );
  });
});

describe('what cannot be answered', () => {
  const failure = (asked: Promise<unknown>): Promise<APIError> =>
    asked.then(
      () => expect.fail('it was answered'),
      (error: APIError) => error,
    );

  it('is a wrong, revoked or missing key', async () => {
    for (const apiKey of ['sk-attune-wrong', ' ']) {
      const error = await failure(newClientWith(apiKey).models.list());
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'authentication_error' });
    }
  });

  it('is a model that is not here', async () => {
    const asked = [
      client.models.retrieve('gpt-9'),
      client.chat.completions.create({ ...seeded, model: 'gpt-9' }),
      client.embeddings.create({ model: 'gpt-9', input: 'x' }),
    ];
    for (const error of await Promise.all(asked.map(failure))) {
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    }
  });

  it.each([
    ['an unknown parameter', { colour: 'red' }, ''],
    ['no messages', { messages: [] }, 'messages'],
    ['a role that does not exist', { messages: [{ role: 'wizard', content: 'x' }] }, 'messages.0.role'],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'messages.0.content',
    ],
    ['tools', { tools: [{ type: 'function', function: { name: 'x' } }] }, 'tools'],
    ['a temperature out of range', { temperature: 3 }, 'temperature'],
    ['too many choices', { n: 99 }, 'n'],
    ['alternatives without log-probs', { top_logprobs: 2 }, 'top_logprobs'],
    ['U+0000', { messages: [{ role: 'user', content: 'a\0b' }] }, ''],
  ])('is %s', async (_, parameters, param) => {
    const error = await failure(
      client.chat.completions.create({
        ...seeded,
        ...parameters,
      } as OpenAI.ChatCompletionCreateParamsNonStreaming),
    );
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      code: 'request_invalid',
      type: 'invalid_request_error',
      param: param || null,
    });
  });

  it('is a prompt that does not fit the context, whole or streamed', async () => {
    const long = [{ role: 'user' as const, content: 'word '.repeat(20_000) }];
    for (const stream of [false, true]) {
      const error = await failure(client.chat.completions.create({ model, messages: long, stream }));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    }
    const error = await failure(client.embeddings.create({ model, input: 'word '.repeat(20_000) }));
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  it('is a body of ten megabytes', async () => {
    const huge = [{ role: 'user' as const, content: 'x'.repeat(10_000_000) }];
    expect(await failure(client.chat.completions.create({ model, messages: huge }))).toMatchObject({
      status: 413,
      code: 'request_too_large',
    });
  });

  it('is more than the limit of a key, and of that key alone', async () => {
    const { id, key } = await newKey();
    const connection = connectRedis(redis.url);
    // Before that it would count for itself.
    await connection.ping();
    const limiter = new RateLimiter(connection);
    await Promise.all(
      Array.from({ length: 595 }, () => limiter.take(`key:${id}`, { limit: 600, windowMs: 60_000 })),
    );
    connection.disconnect();
    const hasty = newClientWith(key);
    const replies = await Promise.allSettled(Array.from({ length: 8 }, () => hasty.models.list()));
    const refused = replies.flatMap((reply) =>
      reply.status === 'rejected' ? [reply.reason as APIError] : [],
    );
    expect(refused).toHaveLength(3);
    expect(refused[0]).toBeInstanceOf(RateLimitError);
    expect(refused[0]).toMatchObject({ code: 'rate_limit_exceeded' });
    await client.models.list();
  });
});

function newClientWith(apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });
}

async function newKey(): Promise<CreatedApiKey> {
  admin ??= await setUpAdmin(server.url, database.url);
  return expectStatus(await admin.client.post('/api/keys', { name: 'test' }), 201) as CreatedApiKey;
}

function findGenerations(completionId: string): Promise<GenerationEntity[]> {
  return db.manager
    .createQueryBuilder(GenerationEntity, 'generation')
    .innerJoin('completion_choices', 'choice', 'choice.generation_id = generation.id')
    .where('choice.completion_id = :completionId', { completionId })
    .orderBy('choice.choice')
    .getMany();
}

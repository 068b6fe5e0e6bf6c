/** How completions end other than well, at moments that a model would not hit by itself. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import OpenAI, { type APIError, APIUserAbortError } from 'openai';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import { AppError } from '../../common/contracts/errors.js';
import { GenerationEntity } from '../../common/database/generation.entity.js';
import { appendEvent, isStopRequested } from '../../common/queue/generation-stream.js';
import { connectRedis } from '../../common/queue/redis.js';
import { GenerationService } from '../../server/generations/generation.service.js';
import { OpenAiModelService } from '../../server/openai/model.service.js';
import { expectStatus, setUpAdmin } from '../support/api-client.js';
import { registerScriptedModel, ScriptedWorker, type ScriptedAnswer } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let redis: Redis;
let worker: ScriptedWorker;
let client: OpenAI;
let model: string;
let script: (answer: ScriptedAnswer) => Promise<void>;

beforeAll(async () => {
  server = await startServerInProcess();
  redis = connectRedis(server.redisUrl);
  await registerScriptedModel(server.databaseUrl);
  worker = await ScriptedWorker.start(server, (answer) => script(answer));
  const admin = await setUpAdmin(server.url, server.databaseUrl);
  const { key } = expectStatus(await admin.client.post('/api/keys', { name: 'test' }), 201) as CreatedApiKey;
  client = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
  model = (await client.models.list()).data[0]?.id ?? '';
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const asked = { messages: [{ role: 'user' as const, content: 'Hi' }] };
/** Of the answers that were asked for last, in order: whether somebody asked to stop them. */
async function listStopped(): Promise<boolean[]> {
  const rows = await server.app.get(DataSource).query<{ id: string }[]>(
    `SELECT generation_id AS id FROM completion_choices
     WHERE completion_id = (SELECT id FROM completions ORDER BY created_at DESC LIMIT 1) ORDER BY choice`,
  );
  return Promise.all(rows.map(({ id }) => isStopRequested(redis, id)));
}
const failureOf = (work: Promise<unknown>): Promise<APIError> =>
  work.then(
    () => expect.fail('it ended well'),
    (error: APIError) => error,
  );

describe('a caller who leaves before the answer is asked for', () => {
  it('has it stopped, and leaves no event stream behind', async () => {
    script = async () => undefined;
    const models = server.app.get(OpenAiModelService, { strict: false });
    const getVersion = models.getVersion.bind(models);
    const caller = new AbortController();
    vi.spyOn(models, 'getVersion').mockImplementationOnce(async (name) => {
      caller.abort();
      await delay(200);
      return getVersion(name);
    });
    const intervals = vi.spyOn(globalThis, 'setInterval');
    await expect(
      client.chat.completions.create({ model, ...asked, stream: true }, { signal: caller.signal }),
    ).rejects.toThrow(APIUserAbortError);
    await expect.poll(listStopped).toEqual([true]);
    expect(intervals).not.toHaveBeenCalled();
    intervals.mockRestore();
  });
});

describe('a choice that fails', () => {
  const failed = new AppError('GENERATION_MODEL_MISSING').toFailure();
  let goOn: () => void;
  beforeEach(() => {
    const proceed = new Promise<void>((resolve) => (goOn = resolve));
    script = async ({ row, say }) => {
      await say('Half of it');
      if (row.request.sampling.seed === 7) return;
      await proceed;
      await server.app
        .get(DataSource)
        .manager.update(
          GenerationEntity,
          { id: row.id },
          { status: 'failed', error: failed, finishedAt: new Date() },
        );
      await appendEvent(redis, row.id, { type: 'failed', ...failed });
    };
  });

  it('fails the whole answer at once, and has the others stopped', async () => {
    const whole = failureOf(client.chat.completions.create({ model, ...asked, n: 2, seed: 7 }));
    goOn();
    expect(await whole).toMatchObject({ code: failed.code.toLowerCase() });
    await expect.poll(async () => (await listStopped())[0]).toBe(true);
  });

  it('ends the stream, and has the others stopped', async () => {
    const stream = await client.chat.completions.create({ model, ...asked, n: 2, seed: 7, stream: true });
    const streamed = failureOf(
      (async () => {
        for await (const { choices } of stream) if (choices[0]?.delta.content) goOn();
      })(),
    );
    expect(await streamed).toMatchObject({ code: failed.code.toLowerCase() });
    await expect.poll(async () => (await listStopped())[0]).toBe(true);
  });
});

/** Last in the file: the server follows nothing after it. */
describe('a server that is stopped', () => {
  it('says of answers that are not finished that they are not, whole or streamed', async () => {
    let begun = 0;
    script = async (answer) => {
      await answer.say('Half of an ans');
      begun++;
    };
    const whole = failureOf(client.chat.completions.create({ model, ...asked }));
    const stream = await client.chat.completions.create({ model, ...asked, stream: true });
    const texts: string[] = [];
    const streamed = failureOf(
      (async () => {
        for await (const { choices } of stream) texts.push(choices[0]?.delta.content ?? '');
      })(),
    );
    await expect.poll(() => [begun, texts.join('')]).toEqual([2, 'Half of an ans']);
    await server.app.get(GenerationService, { strict: false }).onModuleDestroy();
    expect(await whole).toMatchObject({ status: 503, code: 'server_unavailable' });
    expect(await streamed).toMatchObject({ code: 'server_unavailable' });
  });
});

/** How completions end other than well, at moments that a model would not hit by itself. */
import OpenAI, { type APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import { GenerationService } from '../../server/generations/generation.service.js';
import { expectStatus, setUpAdmin } from '../support/api-client.js';
import { registerScriptedModel, ScriptedWorker, type ScriptedAnswer } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let client: OpenAI;
let model: string;
let script: (answer: ScriptedAnswer) => Promise<void>;

beforeAll(async () => {
  server = await startServerInProcess();
  await registerScriptedModel(server.databaseUrl);
  worker = await ScriptedWorker.start(server, (answer) => script(answer));
  const admin = await setUpAdmin(server.url, server.databaseUrl);
  const { key } = expectStatus(await admin.client.post('/api/keys', { name: 'test' }), 201) as CreatedApiKey;
  client = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
  model = (await client.models.list()).data[0]?.id ?? '';
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const asked = { messages: [{ role: 'user' as const, content: 'Hi' }] };
const failureOf = (work: Promise<unknown>): Promise<APIError> =>
  work.then(
    () => expect.fail('it ended well'),
    (error: APIError) => error,
  );

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

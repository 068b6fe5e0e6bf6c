/** A first start without a network: the model that lies in the repository is taken, and answers. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import { modelListSchema } from '../../common/contracts/models.js';
import { completionSchema } from '../../server/openai/completion-response.js';
import { expectStatus, setUpAdmin } from '../support/api-client.js';
import { startInferenceWorker, startProgram, startServer, waitFor } from '../support/programs.js';
import { createTestDatabase, createTestRedis } from '../support/services.js';

/** Nobody listens there. */
const unreachable = 'http://127.0.0.1:9/model.gguf';

it('chats with Attune GPT where no other model can be fetched', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'attune-offline-'));
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  const options = {
    ...{ databaseUrl: database.url, redisUrl: redis.url, dataDir: folder },
    environment: { ATTUNE_MODEL: unreachable },
  };
  try {
    await using server = await startServer(options);
    await using models = startProgram('worker/models/main', options);
    await using inference = startInferenceWorker(options);
    const { client: admin } = await setUpAdmin(server.url, database.url);
    const listed = async () => modelListSchema.parse((await admin.get('/api/models')).body).models;
    await waitFor(models, async () => (await listed()).length > 0);
    expect(await listed()).toMatchObject([{ name: 'Attune GPT', isDefault: true }]);

    const { key } = expectStatus(await admin.post('/api/keys', { name: 'test' }), 201) as CreatedApiKey;
    const reply = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'attune-gpt',
        messages: [{ role: 'user', content: 'What is the capital of France?' }],
        temperature: 0,
      }),
    });
    const { choices } = completionSchema.parse(await reply.json());
    expect(choices[0]?.message.content, inference.output()).toContain('Paris');
  } finally {
    await Promise.all([database.drop(), redis.release()]);
    await rm(folder, { recursive: true });
  }
});

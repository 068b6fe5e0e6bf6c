/** The whole of Attune as it runs, for the tests in a browser: server, model fetcher and workers as built, and the built page. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { modelListSchema } from '../../common/contracts/models.js';
import type { ApiClient } from './api-client.js';
import { FileServer } from './file-server.js';
import { startInferenceWorker, startProgram, startServer, type RunningProgram } from './programs.js';
import { createTestDatabase, createTestRedis } from './services.js';
import { writeTinyModel } from './tiny-model.js';

export interface Stack extends AsyncDisposable {
  url: string;
  databaseUrl: string;
  /** A random model of a few hundred kB, which lies outside the data folder until it is fetched. */
  modelPath: string;
  inference: RunningProgram;
  /** Takes the server away; the workers go on. */
  stopServer(): Promise<void>;
  /** Brings it back at the same address. */
  startServer(): Promise<void>;
}

/** Room for answers that are stopped, reloaded and talked over, and that do not end before that by themselves. */
const tinyModel = { contextLength: 32_768, endless: true };

/**
 * @param options.model   source of the model to serve from the start; none leaves the choice to the test: what is fetched never arrives
 * @param options.trains  with a training worker
 */
export async function startStack(
  options: { model?: 'tiny' | `file:${string}`; trains?: boolean } = {},
): Promise<Stack> {
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  const dataDir = mkdtempSync(path.join(tmpdir(), 'attune-e2e-'));
  chmodSync(dataDir, 0o755);
  const modelPath = path.join(dataDir, 'tiny.gguf');
  await writeTinyModel(modelPath, tinyModel);
  const never = options.model ? null : await startEndlessDownload();
  const model =
    options.model === 'tiny' ? `file:${modelPath}` : (options.model ?? `${never?.url}/never.gguf`);
  const services = {
    databaseUrl: database.url,
    redisUrl: redis.url,
    dataDir,
    environment: { ATTUNE_LOG_LEVEL: 'warn', ATTUNE_MODEL: model },
  };
  let server = await startServer(services);
  const { port } = new URL(server.url);
  const models = startProgram('worker/models/main', services);
  const inference = startInferenceWorker(services);
  const training = options.trains ? startProgram('worker/training/main', services) : null;
  return {
    url: server.url,
    databaseUrl: database.url,
    modelPath,
    inference,
    stopServer: () => server.stop(),
    async startServer() {
      const environment = { ...services.environment, ATTUNE_PORT: port };
      server = await startServer({ ...services, environment });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([inference.stop(), models.stop(), training?.stop(), server.stop()]);
      await never?.[Symbol.asyncDispose]();
      await Promise.all([database.drop(), redis.release()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until the model that the stack was started with can be chosen. */
export async function untilModelIsHere(client: ApiClient): Promise<void> {
  await vi.waitFor(
    async () => {
      const { models } = modelListSchema.parse((await client.get('/api/models')).body);
      if (models.length === 0) throw new Error('no model yet');
    },
    { timeout: 30_000, interval: 100 },
  );
}

/** Were it to fail, the model that lies in the repository would be taken instead. */
async function startEndlessDownload(): Promise<FileServer> {
  const server = await FileServer.start();
  server.body = Buffer.alloc(2 ** 24);
  server.chunkDelayMs = 5000;
  return server;
}

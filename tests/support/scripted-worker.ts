/**
 * Stands where the inference worker stands, and says what a test tells it, when it tells it: for tests about exact words at exact moments.
 * It speaks to the real queue, stream and table. Tests about the worker itself, or its death, start the real one.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { GenerateJob, Provenance, TokenLogProb } from '../../common/contracts/generation.js';
import { defaultSampling } from '../../common/contracts/sampling.js';
import { createDataSource } from '../../common/database/data-source.js';
import { GenerationEntity } from '../../common/database/generation.entity.js';
import { appendEvent } from '../../common/queue/generation-stream.js';
import { queueNames } from '../../common/queue/queues.js';

const usage = { promptTokens: 3, cachedTokens: 0, completionTokens: 2 };
const timings = { firstTokenMs: 1, totalMs: 2, queueMs: 0, tokensPerSecond: 1000 };

/** What the test's script does with one generation. */
export interface ScriptedAnswer {
  row: GenerationEntity;
  /** @param logProbs  of its tokens, where a test is about them */
  say(text: string, logProbs?: TokenLogProb[]): Promise<void>;
  /** Writes the row and ends the stream. */
  end(): Promise<void>;
}

export class ScriptedWorker implements AsyncDisposable {
  private constructor(
    private readonly db: DataSource,
    private readonly redis: Redis,
    private readonly worker: Worker<GenerateJob>,
    private readonly queueConnection: Redis,
  ) {}

  static async start(
    services: { databaseUrl: string; redisUrl: string },
    script: (answer: ScriptedAnswer) => Promise<void>,
  ): Promise<ScriptedWorker> {
    const db = await createDataSource(services.databaseUrl, { poolSize: 4 }).initialize();
    const redis = new Redis(services.redisUrl, { maxRetriesPerRequest: null });
    const work = async ({ data }: { data: GenerateJob }) => {
      for (const id of data.generationIds) {
        const row = await db.manager.findOneBy(GenerationEntity, { id });
        if (!row || (row.status !== 'queued' && row.status !== 'running')) continue;
        const answer = await takeAnswer(db, redis, row);
        // A title that is asked for whenever the queue is idle must not come between a test's answers.
        await (row.conversationId === null ? script(answer) : answer.end());
      }
    };
    const queueConnection = new Redis(services.redisUrl, { maxRetriesPerRequest: null });
    const worker = new Worker<GenerateJob>(queueNames.generate, work, {
      connection: queueConnection,
      concurrency: 8,
    });
    worker.on('error', () => undefined);
    return new ScriptedWorker(db, redis, worker, queueConnection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.close(true);
    this.queueConnection.disconnect();
    this.redis.disconnect();
    await this.db.destroy();
  }
}

async function takeAnswer(db: DataSource, redis: Redis, row: GenerationEntity): Promise<ScriptedAnswer> {
  const update = (values: Partial<Pick<GenerationEntity, 'status' | 'text' | 'stopReason' | 'finishedAt'>>) =>
    db.manager.update(GenerationEntity, { id: row.id }, values);
  let text = row.request.prefix;
  const said: TokenLogProb[] = [];
  await update({ status: 'running', text });
  await appendEvent(redis, row.id, {
    type: 'started',
    context: { promptTokens: 3, contextTokens: 512, droppedTurns: 0 },
  });
  return {
    row,
    say: async (more, logProbs) => {
      await appendEvent(redis, row.id, { type: 'delta', offset: text.length, text: more, logProbs });
      text += more;
      said.push(...(logProbs ?? []));
    },
    end: async () => {
      await update({ status: 'complete', text, stopReason: 'end', finishedAt: new Date() });
      await db.manager.query(
        `UPDATE generations SET usage = $2, timings = $3, provenance = $4, log_probs = $5 WHERE id = $1`,
        [row.id, ...[usage, timings, provenanceOf(row), said].map((value) => JSON.stringify(value))],
      );
      await appendEvent(redis, row.id, {
        type: 'done',
        stopReason: 'end',
        usage,
        timings,
        provenance: provenanceOf(row),
      });
    },
  };
}

function provenanceOf(row: GenerationEntity): Provenance {
  return {
    modelVersionId: row.modelVersionId,
    modelName: 'scripted',
    modelSha256: '0'.repeat(64),
    adapterSha256: null,
    templateHash: '0'.repeat(64),
    sampling: defaultSampling,
    seed: 1,
    engine: 'test',
  };
}

/** A model that a conversation can name; no file is behind it. @returns its version's id */
export async function registerScriptedModel(databaseUrl: string): Promise<string> {
  const db = await createDataSource(databaseUrl, { poolSize: 1 }).initialize();
  const [modelId, versionId] = [randomUUID(), randomUUID()];
  await db.query(
    `INSERT INTO models (id, name, source, path, size_bytes, sha256, architecture, parameters, context_tokens, is_default)
     VALUES ($1, 'scripted', 'file:none', 'none', 1, $2, 'llama', 1, 512, true)`,
    [modelId, modelId.replaceAll('-', '').repeat(2)],
  );
  await db.query(`INSERT INTO model_versions (id, model_id, name) VALUES ($1, $2, $3)`, [
    versionId,
    modelId,
    `scripted-${versionId}`,
  ]);
  await db.destroy();
  return versionId;
}

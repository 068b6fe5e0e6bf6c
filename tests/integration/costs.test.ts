/** What is counted, and that it is counted once: real workers that die, a real database that adds up, a real server that tells. */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  costsSchema,
  initialPrices,
  pricingSchema,
  subjectCostSchema,
  toCost,
  type Use,
} from '../../common/contracts/costs.js';
import { chatEffectSchema } from '../../common/contracts/run-records.js';
import { requestStop } from '../../common/queue/generation-stream.js';
import { connectRedis } from '../../common/queue/redis.js';
import { UseLedger } from '../../worker/metering/use-ledger.js';
import { UseSession } from '../../worker/metering/use-session.js';
import { expectStatus, invite, setUpAdmin, type ApiClient, type Person } from '../support/api-client.js';
import { registerTestModel, startGenerations, waitForEnd } from '../support/generations.js';
import { startInferenceWorker, startServer, type RunningServer } from '../support/programs.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { plantedPairs } from '../support/training-folder.js';
import { TrainingStack } from '../support/training-stack.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const inFolder = temporaryFolder();
let stack: TrainingStack;
let server: RunningServer;
let admin: Person;
let client: ApiClient;
let redis: Redis;

beforeAll(async () => {
  stack = await TrainingStack.create();
  server = await startServer(stack.services);
  admin = await setUpAdmin(server.url, stack.services.databaseUrl);
  ({ client } = admin);
  redis = connectRedis(stack.services.redisUrl);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await stack[Symbol.asyncDispose]();
});

const getCosts = async (query = '') =>
  costsSchema.parse(expectStatus(await client.get(`/api/costs${query}`), 200));
const day = (offset: number) => new Date(Date.UTC(2026, 0, 1 + offset));

/** What the ledger has of a subject, session by session. */
const listUses = (subjectId: string) =>
  stack.db.query<{ sessionId: string; us: number; answers: number; tokens: number }[]>(
    `SELECT session_id AS "sessionId", computed_us::int AS us, count::int AS answers, completion_tokens::int AS tokens
     FROM compute_uses WHERE subject_id = $1 ORDER BY computed_us`,
    [subjectId],
  );

/** The sums by day must be those of the ledger, whatever happened to it. */
async function expectSumsToAgree(): Promise<void> {
  const columns = 'sum(count)::int, sum(computed_us)::int8, sum(completion_tokens)::int';
  const sum = (table: string) =>
    stack.db.query<unknown[]>(
      `SELECT day::text, kind, user_id, ${columns} FROM ${table} WHERE kind <> 'label' GROUP BY 1, 2, 3
       HAVING (sum(count), sum(computed_us), sum(completion_tokens)) <> (0, 0, 0) ORDER BY 1, 2, 3`,
    );
  expect(await sum('use_days')).toEqual(await sum('compute_uses'));
}

describe('the ledger of uses', () => {
  it('counts a total that is written again once, a second session beside it, and forgets whose it was', async () => {
    const person = await invite(admin, 'user');
    const ledger = new UseLedger(stack.db);
    const subject = { kind: 'completion', subjectId: randomUUID(), userId: person.user.id } as const;
    const [first, second] = [new UseSession(subject), new UseSession(subject)];
    first.add(1000, 50);
    await ledger.write([first], day(0));
    first.add(500, null);
    // Written twice, as after an answer that was lost on the way.
    await ledger.write([first], day(0));
    second.add(2000, null);
    await ledger.write([first, second], day(0));
    second.add(3000, null);
    await ledger.write([second], day(1));

    const { days, users } = await getCosts('?from=2026-01-01&to=2026-01-02');
    // 1 s and 0.5 s of the first, 2 s of the second; 3 s the day after. 50 J for the one second that was measured.
    expect(days).toEqual([
      { day: '2026-01-01', kind: 'completion', use: expect.anything() as Use },
      { day: '2026-01-02', kind: 'completion', use: expect.anything() as Use },
    ]);
    expect(days[0]?.use).toMatchObject({ computeSeconds: 3.5, measuredSeconds: 1, joules: 50 });
    expect(days[1]?.use).toMatchObject({ computeSeconds: 3, measuredSeconds: 0, joules: 0 });
    expect(users).toMatchObject([{ user: { name: person.user.name }, use: { computeSeconds: 6.5 } }]);
    await expectSumsToAgree();

    expectStatus(await client.delete(`/api/users/${person.user.id}`), 204);
    const after = await getCosts('?from=2026-01-01&to=2026-01-02');
    expect(after.users).toMatchObject([{ user: null, use: { computeSeconds: 6.5, joules: 50 } }]);
    expect(after.days).toEqual(days);
    await expectSumsToAgree();
  });

  it('counts the time of people by their acts, of which erasing leaves the sum', async () => {
    const conversationId = randomUUID();
    await stack.db.query(
      `INSERT INTO conversations (id, user_id, parameters) SELECT $1, id, '{}' FROM users LIMIT 1`,
      [conversationId],
    );
    const say = (kind: string, payload: object, durationMs: number | null) =>
      stack.db.query(
        `INSERT INTO feedback_events (id, user_id, kind, subject_id, conversation_id, payload, messages, duration_ms,
           guideline_version, created_at)
         SELECT gen_random_uuid(), id, $2, gen_random_uuid(), $1, $3, '[]', $4, 1, '2026-01-05T23:59:59Z' FROM users LIMIT 1`,
        [conversationId, kind, JSON.stringify(payload), durationMs],
      );
    await say('thumb', { kind: 'thumb', value: 'up' }, 4000);
    await say('comparison', { kind: 'comparison', outcome: 'left' }, 20_500);
    await say('thumb', { kind: 'withdrawn' }, 1000);
    // A page that was left open is no work beyond ten minutes.
    await say('thumb', { kind: 'thumb', value: 'down' }, 86_400_000);
    // Nobody was asked for a pick.
    await say('pick', { kind: 'pick' }, null);
    const expected = [{ day: '2026-01-05', kind: 'label', use: { count: 3, personSeconds: 625.5 } }];
    expect((await getCosts('?from=2026-01-05&to=2026-01-05')).days).toMatchObject(expected);
    await stack.db.query(`DELETE FROM conversations WHERE id = $1`, [conversationId]);
    expect((await getCosts('?from=2026-01-05&to=2026-01-05')).days).toMatchObject(expected);
  });
});

describe('an answer', () => {
  it('whose worker dies counts its tokens once, and the time of both that computed it', async () => {
    const modelFile = inFolder('tiny.gguf');
    const size = { contextLength: 32_768, layers: 8, width: 256, feedForward: 768 };
    await writeTinyModel(modelFile, { ...size, endless: true });
    const modelVersionId = await registerTestModel(stack.db, modelFile, {
      name: 'endless',
      isDefault: false,
    });
    const start = () => startInferenceWorker({ ...stack.services, dataDir: inFolder(randomUUID()) });
    const doomed = start();
    const [id = ''] = await startGenerations(stack.db, redis, {
      modelVersionId,
      sampling: { maxTokens: 30_000 },
    });
    const untilUses = (count: number) =>
      vi.waitFor(
        async () => {
          const found = await listUses(id);
          expect(found).toHaveLength(count);
          return found;
        },
        { timeout: 30_000 },
      );
    await untilUses(1);
    await doomed.kill();
    await using _heir = start();
    await untilUses(2);
    await requestStop(redis, id);
    const row = await waitForEnd(stack.db, id);
    const said = row.usage?.completionTokens ?? 0;
    expect(said).toBeGreaterThan(0);
    const uses = await untilUses(3);
    // The row's own end with its tokens, and a session of each worker with its time.
    expect(uses.map(({ answers, tokens }) => [answers, tokens])).toEqual([
      [1, said],
      [0, 0],
      [0, 0],
    ]);
    expect(uses[0]).toMatchObject({ sessionId: id, us: 0 });
    for (const { us } of uses.slice(1)) expect(us).toBeGreaterThan(0);
    await expectSumsToAgree();
  });
});

describe('the metrics for Prometheus', () => {
  it('tell what was used, by what for', async () => {
    const metrics = expectStatus(await client.get('/metrics'), 200) as string;
    // 50 J of the session above, and 625.5 s of people.
    expect(metrics).toContain('attune_energy_joules_total{kind="completion"} 50');
    expect(metrics).toContain('attune_person_seconds_total{kind="label"} 625.5');
  });
});

describe('the effect of runs on the chat', () => {
  it('is told by what was under way when an answer began', async () => {
    const answer = (firstTokenMs: number, createdAt: string) =>
      stack.db.query(
        `WITH c AS (INSERT INTO conversations (id, user_id, parameters) SELECT gen_random_uuid(), id, '{}' FROM users LIMIT 1
           RETURNING id),
         m AS (INSERT INTO messages (id, conversation_id, role, content, status)
           SELECT gen_random_uuid(), id, 'assistant', '', 'complete' FROM c RETURNING id)
         INSERT INTO generations (id, model_version_id, request_id, request, status, message_id, usage, timings, created_at, finished_at)
         SELECT gen_random_uuid(), $1, '', '{}', 'complete', id, '{"completionTokens": 9}',
           jsonb_build_object('firstTokenMs', $2::int, 'tokensPerSecond', 10), $3, $3::timestamptz + interval '1 s' FROM m`,
        [stack.base.versionId, firstTokenMs, createdAt],
      );
    const datasetId = await stack.addDataset({ kind: 'preference', train: plantedPairs(4) });
    const ended = { state: 'succeeded', sharing: 'idle' } as const;
    const span = {
      startedAt: new Date('2026-02-01T10:00:00Z'),
      finishedAt: new Date('2026-02-01T11:00:00Z'),
    };
    await stack.addRun({ kind: 'dpo' }, datasetId, { ...ended, ...span });
    await answer(100, '2026-02-01T09:00:00Z');
    await answer(300, '2026-02-01T11:30:00Z');
    await answer(700, '2026-02-01T10:30:00Z');
    const effects = chatEffectSchema
      .array()
      .parse(expectStatus(await client.get('/api/runs/chat-effect'), 200));
    expect(effects).toEqual([
      { beside: 'idle', answers: 1, firstTokenMs: 700, tokensPerSecond: 10 },
      { beside: 'nothing', answers: 2, firstTokenMs: 200, tokensPerSecond: 10 },
    ]);
  });
});

describe('a run', () => {
  it('that is killed and goes on counts every second that it computed, and prices it', async () => {
    const datasetId = await stack.addDataset({ kind: 'preference', train: plantedPairs(32) });
    const config = { kind: 'dpo', batchSize: 4, learningRate: 1e-3, epochs: 2 };
    const runId = await stack.addRun(config, datasetId, { sharing: 'share' });
    const killed = stack.startWorker();
    await stack.untilRun(runId, ({ step }) => step >= 2);
    await vi.waitFor(async () => expect(await listUses(runId)).not.toEqual([]), { timeout: 60_000 });
    await killed.kill();
    stack.startWorker();
    const run = await stack.untilState(runId, 'succeeded');
    const reply = expectStatus(await client.get(`/api/costs/runs/${runId}`), 200);
    const { use } = subjectCostSchema.parse(reply);
    const uses = await listUses(runId);
    expect(new Set(uses.map(({ sessionId }) => sessionId)).size).toBeGreaterThanOrEqual(2);
    expect(use.computeSeconds).toBeCloseTo(uses.reduce((sum, { us }) => sum + us, 0) / 1e6, 6);

    const prices = { ...initialPrices, perMachineHour: 3600, perKilowattHour: 1, assumedWatts: 3600 };
    const put = await client.send('PUT', '/api/costs/prices', prices);
    expect(pricingSchema.parse(expectStatus(put, 200)).prices).toEqual(prices);
    const { runs, versions, ...pricing } = await getCosts();
    const listed = runs.find(({ id }) => id === runId);
    expect(listed).toMatchObject({ kind: 'dpo', isFull: false, usesReference: true, use });
    expect(listed?.tokens).toBe(run.metrics.num_tokens);
    expect(toCost(use, pricing.prices).machine).toBeCloseTo(use.computeSeconds, 6);
    expect(versions).toMatchObject([
      { version: { id: run.resultVersionId }, run: use, labels: { count: 0 } },
    ]);
    await expectSumsToAgree();
  }, 180_000);
});

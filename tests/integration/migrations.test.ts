import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../common/database/data-source.js';
import { migrate } from '../../common/database/migrate.js';
import { listPendingMigrations } from '../../common/database/pending-migrations.js';
import { getOrCreateSetupCode } from '../../common/database/setup-code.js';
import { DescribeCurrentFeedback1790000710000 } from '../../migrations/1790000710000-describe-current-feedback.js';
import { NameRewardModelsOfRounds1795714600000 } from '../../migrations/1795714600000-name-reward-models-of-rounds.js';
import { CapTimeOfActs1797000000000 } from '../../migrations/1797000000000-cap-time-of-acts.js';
import { AskConversationsOfJudgedPrompts1799500000000 } from '../../migrations/1799500000000-ask-conversations-of-judged-prompts.js';
import { migrations } from '../../migrations/index.js';
import { hashPrompt } from '../../server/datasets/rows/data-row.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

let database: TestDatabase;
let db: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await createDataSource(database.url, { poolSize: 4 }).initialize();
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

describe('the migrations', () => {
  it('are each undone without a trace, and done again alike', async () => {
    const schemas = [await readSchema(db)];
    for (const _ of migrations) {
      await db.undoLastMigration();
      schemas.unshift(await readSchema(db));
    }
    expect(schemas[0]).toEqual([]);
    for (const [index, migration] of migrations.entries()) {
      const step = new migration();
      const runner = db.createQueryRunner();
      await step.up(runner);
      expect(await readSchema(db), `up: ${step.name}`).toEqual(schemas[index + 1]);
      await step.down(runner);
      expect(await readSchema(db), `down: ${step.name}`).toEqual(schemas[index]);
      await step.up(runner);
      await runner.release();
    }
    await db.query(`TRUNCATE migrations`);
    for (const migration of migrations)
      await db.query(`INSERT INTO migrations (timestamp, name) VALUES ($1, $2)`, [
        /\d{13}$/.exec(migration.name)?.[0],
        migration.name,
      ]);
    expect(await migrate(db)).toEqual([]);
  });

  it('make every column that the entities name, nullable where they say so', async () => {
    const rows: { name: string; is_nullable: string }[] = await db.query(
      `SELECT table_name || '.' || column_name AS name, is_nullable
       FROM information_schema.columns WHERE table_schema = 'public'`,
    );
    const made = new Map(rows.map((row) => [row.name, row.is_nullable === 'YES']));
    for (const { tableName, columns } of db.entityMetadatas)
      for (const { databaseName, isNullable } of columns) {
        const name = `${tableName}.${databaseName}`;
        expect([name, made.get(name)]).toEqual([name, isNullable]);
      }
  });
});

it('name the reward of a stage that named none, and take it back', async () => {
  const modelId = randomUUID();
  await db.query(
    `INSERT INTO models (id, name, source, path, size_bytes, sha256, architecture, parameters, context_tokens)
     VALUES ($1, 'm', 'file:m', 'm', 1, 'm', 'llama', 1, 256)`,
    [modelId],
  );
  const check = { type: 'check', check: { kind: 'ends_with_question' }, weight: 1 };
  const stagesWith = (...rewards: object[]) => [
    { kind: 'reward', epochs: 1 },
    { kind: 'grpo', rewards },
    { kind: 'ppo', rewards: [check] },
  ];
  const plan = { begin: { when: 'asked' }, recipe: { type: 'stages', stages: stagesWith() } };
  await db.query(`INSERT INTO round_plans (model_id, plan) VALUES ($1, $2)`, [modelId, plan]);
  const readStages = async () => {
    const [row] = await db.query<[{ plan: typeof plan }]>(
      `SELECT plan FROM round_plans WHERE model_id = $1`,
      [modelId],
    );
    expect(row.plan.begin).toEqual(plan.begin);
    return row.plan.recipe.stages;
  };
  const runner = db.createQueryRunner();
  const step = new NameRewardModelsOfRounds1795714600000();
  await step.up(runner);
  expect(await readStages()).toEqual(stagesWith({ type: 'round_model', weight: 1 }));
  await step.down(runner);
  expect(await readStages()).toEqual(stagesWith());
  await runner.release();
  await db.query(`DELETE FROM models WHERE id = $1`, [modelId]);
});

it('describe what was said over the API before there were columns for it', async () => {
  const described = migrations.findIndex(({ name }) => name === DescribeCurrentFeedback1790000710000.name);
  for (const _ of migrations.slice(described)) await db.undoLastMigration();
  const [userId, eventId, subjectId] = [randomUUID(), randomUUID(), randomUUID()];
  await db.query(
    `INSERT INTO users (id, email, name, role, password_hash) VALUES ($1, 'a@example.org', 'A', 'user', 'x')`,
    [userId],
  );
  await db.query(`INSERT INTO completions (id, user_id, model_name) VALUES ('c', $1, 'm')`, [userId]);
  await db.query(
    `INSERT INTO feedback_events (id, user_id, kind, subject_id, completion_id, payload, messages, guideline_version)
     VALUES ($1, $2, 'thumb', $3, 'c', '{"kind": "thumb", "value": "up", "tags": []}', '[]', 1)`,
    [eventId, userId, subjectId],
  );
  await db.query(
    `INSERT INTO current_feedback (user_id, kind, subject_id, event_id, is_withdrawn) VALUES ($1, 'thumb', $2, $3, false)`,
    [userId, subjectId, eventId],
  );
  await migrate(db);
  expect(await db.query(`SELECT owner_id, conversation_id, verdict FROM current_feedback`)).toEqual([
    { owner_id: userId, conversation_id: null, verdict: 'up' },
  ]);
  await db.query(`DELETE FROM users`);
});

it('are told without TypeORM, as long as a database has not had them', async () => {
  const names = migrations.map(({ name }) => name);
  expect(await listPendingMigrations(database.url)).toEqual([]);
  await db.undoLastMigration();
  expect(await listPendingMigrations(database.url)).toEqual(names.slice(-1));
  await migrate(db);
  await using untouched = await createTestDatabase();
  const other = await createDataSource(untouched.url).initialize();
  await other.query('DROP TABLE migrations');
  await other.destroy();
  expect(await listPendingMigrations(untouched.url)).toEqual(names);
});

describe('processes that start at once', () => {
  it('migrate once between them, and tell of one set-up code', async () => {
    for (const _ of migrations) await db.undoLastMigration();
    const sources = await Promise.all(
      Array.from({ length: 4 }, () => createDataSource(database.url, { poolSize: 3 }).initialize()),
    );
    const ran = await Promise.all(sources.map((source) => migrate(source)));
    expect(ran.map((names) => names.length).sort((a, b) => a - b)).toEqual([0, 0, 0, migrations.length]);
    const codes = await Promise.all(sources.map((source) => getOrCreateSetupCode(source)));
    expect(new Set(codes).size).toBe(1);
    expect(codes[0]).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    await Promise.all(sources.map((source) => source.destroy()));
  });
});

/** Everything that a migration can leave behind, as sorted lines. */
async function readSchema(source: DataSource): Promise<string[]> {
  const rows: { line: string }[] = await source.query(`
    SELECT 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS line
      FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'migrations'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migrations'
    UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND conrelid::regclass::text <> 'migrations'
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1`);
  return rows.map(({ line }) => line);
}

it('find the conversations of pairs from before by the rows that ask the same', async () => {
  const [userId, conversationId, queueId, pairId, eventId, goneId, datasetId] = Array.from(
    { length: 7 },
    () => randomUUID(),
  ) as [string, string, string, string, string, string, string];
  const step = new AskConversationsOfJudgedPrompts1799500000000();
  const runner = db.createQueryRunner();
  await step.down(runner);
  await db.query(
    `INSERT INTO users (id, email, name, password_hash, role) VALUES ($1, 'asker', 'asker', 'x', 'user')`,
    [userId],
  );
  await db.query(
    `INSERT INTO conversations (id, user_id, parameters, training_consent) VALUES ($1, $2, '{}', true)`,
    [conversationId, userId],
  );
  await db.query(
    `INSERT INTO feedback_events (id, user_id, kind, subject_id, conversation_id, payload, messages, guideline_version)
     VALUES ($1, $2, 'comparison', gen_random_uuid(), $3, '{"kind":"comparison","outcome":"left"}', '[]', 1)`,
    [eventId, userId, conversationId],
  );
  await db.query(
    `INSERT INTO datasets (id, name, version, source, split_settings, content_hash, counts, report, folder)
     VALUES ($1, 'old', 1, '{}', '{}', '', '{}', '{}', '')`,
    [datasetId],
  );
  const asks = (content: string) => [{ role: 'user' as const, content }];
  const insertItem = (position: number, prompt: string, eventIds: string[]) =>
    db.query(
      `INSERT INTO dataset_items (dataset_id, position, row_id, kind, split, event_ids, content_hash, prompt_hash, people)
       VALUES ($1, $2::int, $2::text, 'preference', 'held_out', $3, '', $4, ARRAY[$5::uuid])`,
      [
        datasetId,
        position,
        eventIds,
        hashPrompt({
          kind: 'preference',
          row: { text: '' },
          prompt: asks(prompt),
          answers: [],
          desirable: null,
        }),
        userId,
      ],
    );
  await insertItem(0, 'How  DEEP?', [eventId, goneId]);
  await insertItem(1, 'How wide?', [randomUUID()]);
  await db.query(
    `INSERT INTO rating_queues (id, name, first_id, first_name, second_id, second_name, prompts, prompts_name, raters_per_pair)
     VALUES ($1, 'old', gen_random_uuid(), 'a', gen_random_uuid(), 'b', $2, 'old v1', 1)`,
    [queueId, JSON.stringify({ type: 'dataset', datasetId })],
  );
  await db.query(
    `INSERT INTO rating_pairs (id, queue_id, position, turns, people, first_generation_id, second_generation_id)
     VALUES ($1, $2, 0, $3, ARRAY[$4::uuid], gen_random_uuid(), gen_random_uuid())`,
    [pairId, queueId, JSON.stringify(asks('how deep?')), userId],
  );
  await step.up(runner);
  await runner.release();
  const [pair] = await db.query<{ ids: string[] }[]>(`SELECT conversation_ids AS ids FROM rating_pairs`);
  // An act that is gone stands for a conversation that is.
  expect(pair?.ids.toSorted()).toEqual([conversationId, goneId].toSorted());
  for (const table of ['rating_queues', 'datasets', 'users']) await db.query(`DELETE FROM ${table}`);
});

it('count ten minutes at most of acts from before, and what was said again when they are undone', async () => {
  const [userId, conversationId] = [randomUUID(), randomUUID()];
  await db.query(
    `INSERT INTO users (id, email, name, password_hash, role) VALUES ($1, 'time', 'time', 'x', 'user')`,
    [userId],
  );
  await db.query(`INSERT INTO conversations (id, user_id, parameters) VALUES ($1, $2, '{}')`, [
    conversationId,
    userId,
  ]);
  const counted = async () => {
    const rows = await db.query<{ ms: string }[]>(`SELECT person_ms AS ms FROM use_days WHERE user_id = $1`, [
      userId,
    ]);
    return rows.map(({ ms }) => Number(ms));
  };
  const step = new CapTimeOfActs1797000000000();
  const runner = db.createQueryRunner();
  await step.down(runner);
  for (const durationMs of [4000, 3_600_000, null])
    await db.query(
      `INSERT INTO feedback_events (id, user_id, kind, subject_id, conversation_id, payload, messages, duration_ms, guideline_version)
       VALUES (gen_random_uuid(), $1, 'thumb', gen_random_uuid(), $2, '{"kind":"thumb","value":"up"}', '[]', $3, 1)`,
      [userId, conversationId, durationMs],
    );
  expect(await counted()).toEqual([3_604_000]);
  await step.up(runner);
  expect(await counted()).toEqual([604_000]);
  await step.down(runner);
  expect(await counted()).toEqual([3_604_000]);
  await step.up(runner);
  await runner.release();
  await db.query(`DELETE FROM users WHERE id = $1`, [userId]);
  expect(await counted()).toEqual([]);
});

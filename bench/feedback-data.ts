/**
 * A year of an installation that is used a lot, written straight into the tables by SQL: people, conversations, completions, and the
 * feedback on them. Drawn from a seeded generator, so that every run queries the same rows.
 */
import type { DataSource } from 'typeorm';
import { seededRandom } from '../common/random/seeded-random.js';

export interface FeedbackData {
  people: number;
  conversations: number;
  versions: number;
  events: number;
  /** Of the events, comparisons of two different versions. */
  battles: number;
}

/** @param say  told of every step */
export async function fillFeedback(
  db: DataSource,
  data: FeedbackData,
  say: (line: string) => void,
): Promise<void> {
  // One connection: the generator's state is the session's.
  const runner = db.createQueryRunner();
  try {
    await runner.query(`SELECT setseed($1)`, [seededRandom(42)()]);
    say('people, conversations and versions');
    await fillSurroundings(runner.query.bind(runner), data);
    say(`${data.events.toLocaleString('en')} events`);
    await fillEvents(runner.query.bind(runner), data);
    await fillCurrent(runner.query.bind(runner));
    await runner.query(`VACUUM ANALYZE`);
  } finally {
    await runner.release();
  }
}

type Query = (sql: string, parameters?: unknown[]) => Promise<unknown>;

/** Ids are made from numbers, so that statements can name rows of other tables without looking them up. */
export const idOf = (table: string, number: string) =>
  `overlay(overlay(md5('${table} ' || (${number})::bigint) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid`;

async function fillSurroundings(query: Query, data: FeedbackData): Promise<void> {
  await query(`
    INSERT INTO users (id, email, name, role, training_consent, password_hash)
    SELECT ${idOf('user', 'i')}, 'person-' || i || '@example.org', 'Person ' || i, 'user', random() < 0.8, 'none'
    FROM generate_series(0, ${data.people - 1}) AS i`);
  await query(`
    INSERT INTO conversations (id, user_id, title, parameters, training_consent)
    SELECT ${idOf('conversation', 'i')}, ${idOf('user', `i % ${data.people}`)}, 'Conversation ' || i, '{}',
      CASE WHEN random() < 0.05 THEN random() < 0.5 END
    FROM generate_series(0, ${data.conversations - 1}) AS i`);
  await query(`
    INSERT INTO models (id, name, source, path, size_bytes, sha256, architecture, parameters, context_tokens)
    VALUES (${idOf('model', '0')}, 'base', 'file:none', 'none', 1, repeat('0', 64), 'llama', 1, 4096)`);
  await query(`
    INSERT INTO model_versions (id, model_id, name)
    SELECT ${idOf('version', 'i')}, ${idOf('model', '0')}, 'version-' || i FROM generate_series(0, ${data.versions - 1}) AS i`);
}

const provenance = (version: string) => `jsonb_build_object(
  'modelVersionId', ${idOf('version', version)}, 'modelName', 'version-' || (${version}), 'modelSha256', repeat('0', 64),
  'adapterSha256', repeat('1', 64), 'templateHash', repeat('2', 64),
  'sampling', '{"seed": null, "temperature": 0.8, "topK": 40, "topP": 0.95, "minP": 0.05, "repeatPenalty": 1, "maxTokens": 1024, "stop": []}'::jsonb,
  'seed', 1, 'engine', 'bench')`;
const answer = (role: string, version: string) =>
  `jsonb_build_object('messageId', gen_random_uuid(), 'role', '${role}', 'provenance', ${provenance(version)})`;

/** Over a year, in order; each version is live for a while, and is compared with one other. */
async function fillEvents(query: Query, data: FeedbackData): Promise<void> {
  const battleShare = data.battles / data.events;
  await query(`
    CREATE TEMPORARY TABLE drawn AS
    SELECT i, kind, live, challenger,
      timestamptz '2026-01-01' - interval '365 days' * (1 - i / ${data.events}::float8) AS created_at,
      CASE kind WHEN 'thumb' THEN (ARRAY['up', 'up', 'up', 'down'])[1 + floor(random() * 4)]
                WHEN 'comparison' THEN (ARRAY['left', 'right', 'left', 'right', 'tie', 'both_bad'])[1 + floor(random() * 6)] END AS verdict,
      CASE WHEN kind IN ('thumb', 'comparison') AND random() < 0.4
        THEN ARRAY[(ARRAY['wrong', 'too-long', 'helpful', 'off-topic', 'accurate', 'unsafe'])[1 + floor(random() ^ 2 * 6)]]
        ELSE ARRAY[]::text[] END AS tags,
      (ARRAY['latin', 'latin', 'cjk', 'latin', 'cjk', 'other'])[1 + floor(random() ^ 1.5 * 6)] AS script,
      (random() + random() - 1)::real AS log_length_ratio,
      floor(random() * ${data.conversations})::int AS conversation
    FROM (
      SELECT i, CASE WHEN draw < ${battleShare} THEN 'comparison' WHEN draw < 0.8 THEN 'thumb' WHEN draw < 0.95 THEN 'pick' ELSE 'edit' END AS kind,
        live, (live + 1 + floor(random() * ${data.versions - 1})::int) % ${data.versions} AS challenger
      FROM (SELECT i, random() AS draw, floor((i - 1) * ${data.versions}::float8 / ${data.events})::int AS live
            FROM generate_series(1, ${data.events}) AS i) AS numbered) AS kinds
    ORDER BY i`);
  await query(`
    INSERT INTO feedback_events (id, user_id, kind, subject_id, conversation_id, payload, messages, duration_ms, guideline_version, created_at)
    SELECT ${idOf('event', 'i')}, ${idOf('user', `conversation % ${data.people}`)}, kind, ${idOf('subject', 'i')}, ${idOf('conversation', 'conversation')},
      CASE kind
        WHEN 'thumb' THEN jsonb_build_object('kind', kind, 'value', verdict, 'tags', tags, 'score', NULL, 'comment', '')
        WHEN 'comparison' THEN jsonb_build_object('kind', kind, 'outcome', verdict, 'tags', tags, 'criteria', '{}'::jsonb, 'comment', '')
        WHEN 'pick' THEN jsonb_build_object('kind', kind, 'chosenId', gen_random_uuid())
        ELSE jsonb_build_object('kind', kind) END,
      CASE kind
        WHEN 'thumb' THEN jsonb_build_array(${answer('rated', 'live')})
        WHEN 'comparison' THEN jsonb_build_array(${answer('left', 'live')}, ${answer('right', 'challenger')})
        WHEN 'pick' THEN jsonb_build_array(${answer('chosen', 'live')}, ${answer('rejected', 'live')})
        ELSE jsonb_build_array(${answer('original', 'live')}) END,
      4000, 1, created_at
    FROM drawn ORDER BY i`);
}

/** As FeedbackLedger keeps it. */
async function fillCurrent(query: Query): Promise<void> {
  await query(`
    INSERT INTO current_feedback (user_id, kind, subject_id, event_id, is_withdrawn, sequence, created_at, owner_id, conversation_id, source,
      is_usable, verdict, tags, script, answer_version_ids, log_length_ratio, is_excluded)
    SELECT e.user_id, e.kind, e.subject_id, e.id, random() < 0.02, e.sequence, e.created_at, e.user_id, e.conversation_id, 'chat',
      coalesce(c.training_consent, u.training_consent),
      d.verdict, d.tags, d.script,
      CASE d.kind WHEN 'comparison' THEN ARRAY[${idOf('version', 'd.live')}, ${idOf('version', 'd.challenger')}]
                  ELSE ARRAY[${idOf('version', 'd.live')}] END,
      CASE WHEN d.kind = 'comparison' THEN d.log_length_ratio END, random() < 0.01
    FROM drawn d
      JOIN feedback_events e ON e.id = ${idOf('event', 'd.i')}
      JOIN users u ON u.id = e.user_id
      JOIN conversations c ON c.id = e.conversation_id
    ORDER BY e.sequence`);
}

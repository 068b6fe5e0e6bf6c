import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import type { Conversation } from '../../common/contracts/conversations.js';
import { datasetPreviewSchema } from '../../common/contracts/datasets.js';
import { ownFeedbackSchema, type FeedbackEvent } from '../../common/contracts/feedback.js';
import {
  feedbackDetailSchema,
  feedbackPageSchema,
  feedbackSummarySchema,
  leaderboardSchema,
  type FeedbackDetail,
  type FeedbackPage,
  type FeedbackSummary,
  type LeaderboardView,
} from '../../common/contracts/feedback-review.js';
import { modelListSchema } from '../../common/contracts/models.js';
import type { Provenance } from '../../common/contracts/generation.js';
import { defaultSampling } from '../../common/contracts/sampling.js';
import { recordedFeedbackSchema } from '../../server/openai/completion-feedback.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { createDataSource } from '../../common/database/data-source.js';
import { FeedbackLedger } from '../../server/feedback/feedback-ledger.service.js';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { registerScriptedModel, ScriptedWorker } from '../support/scripted-worker.js';
import { rememberSources } from '../../worker/training/version-sources.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let db: Client;
let admin: Person;
let ann: Person;
let ben: Person;
let versionId: string;

beforeAll(async () => {
  server = await startServerInProcess();
  versionId = await registerScriptedModel(server.databaseUrl);
  worker = await ScriptedWorker.start(server, async (answer) => {
    await answer.say('They do.');
    await answer.end();
  });
  admin = await setUpAdmin(server.url, server.databaseUrl);
  ann = await invite(admin, 'user');
  ben = await invite(admin, 'user');
  expectStatus(await ann.client.patch('/api/me', { trainingConsent: true }), 200);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

interface Rated {
  conversationId: string;
  answerId: string;
  eventId: string;
}

const thumb = async ({ client }: Person, messageId: string, body: object) =>
  (expectStatus(await client.send('PUT', `/api/messages/${messageId}/thumb`, body), 200) as FeedbackEvent).id;

/** A question of the person's, answered and rated. */
async function rate(person: Person, content: string, body: object, settings: object = {}): Promise<Rated> {
  const { id: conversationId } = expectStatus(
    await person.client.post('/api/conversations', settings),
    201,
  ) as Conversation;
  using socket = await ChatSocket.open(person.client);
  await socket.request({ type: 'conversation.watch', conversationId });
  const { answer } = await socket.ask({ type: 'chat.send', conversationId, parentId: null, content });
  await socket.waitForEnd(answer.id);
  return { conversationId, answerId: answer.id, eventId: await thumb(person, answer.id, body) };
}

const list = async (query: string): Promise<FeedbackPage> =>
  feedbackPageSchema.parse(expectStatus(await admin.client.get(`/api/feedback?${query}`), 200));
const listIds = async (query: string) => (await list(query)).items.map(({ id }) => id);
const summarise = async (query: string): Promise<FeedbackSummary> =>
  feedbackSummarySchema.parse(expectStatus(await admin.client.get(`/api/feedback/summary?${query}`), 200));
const show = async (eventId: string): Promise<FeedbackDetail> =>
  feedbackDetailSchema.parse(expectStatus(await admin.client.get(`/api/feedback/events/${eventId}`), 200));
const exclude = async (eventId: string, isExcluded: boolean, reason: string): Promise<FeedbackDetail> =>
  feedbackDetailSchema.parse(
    expectStatus(
      await admin.client.post(`/api/feedback/events/${eventId}/exclusions`, { isExcluded, reason }),
      200,
    ),
  );

describe('the table of feedback', () => {
  let english: Rated;
  let chinese: Rated;
  let private_: Rated;
  const everyone = () => `raterIds=${ann.user.id},${ben.user.id}`;
  let edited: string;
  let start: string;

  beforeAll(async () => {
    start = new Date().toISOString();
    english = await rate(ann, 'Do whales sleep?', { value: 'up', tags: ['helpful'] });
    chinese = await rate(ann, '鲸鱼睡觉吗？', { value: 'down', tags: ['wrong', 'too-short'] });
    private_ = await rate(ben, 'Спят ли киты?', { value: 'down' });
    expectStatus(
      await ann.client.patch(`/api/messages/${english.answerId}`, { content: 'They do, by halves.' }),
      200,
    );
    edited = (await listIds('kinds=edit'))[0] ?? '';
    await exclude(chinese.eventId, true, 'A test');
  });

  it.each<[string, () => string[]]>([
    ['', () => [edited, private_.eventId, chinese.eventId, english.eventId]],
    ['kinds=thumb', () => [private_.eventId, chinese.eventId, english.eventId]],
    ['isPassive=true', () => []],
    ['isPassive=false', () => [edited, private_.eventId, chinese.eventId, english.eventId]],
    ['verdicts=up', () => [english.eventId]],
    ['tags=helpful,wrong', () => [chinese.eventId, english.eventId]],
    ['scripts=cjk', () => [chinese.eventId]],
    ['scripts=latin', () => [edited, english.eventId]],
    ['scripts=other,cjk', () => [private_.eventId, chinese.eventId]],
    ['isUsable=true', () => [edited, chinese.eventId, english.eventId]],
    ['isUsable=false', () => [private_.eventId]],
    ['isExcluded=true', () => [chinese.eventId]],
    ['isUsable=true&isExcluded=false', () => [edited, english.eventId]],
    ['source=api', () => []],
    ['to=2000-01-01T00:00:00Z', () => []],
  ])('is narrowed by "%s", and the counts agree with it', async (query, expected) => {
    const filter = query || `versionIds=${versionId}`;
    expect(await listIds(filter)).toEqual(expected());
    // From the counts by day, and from the acts themselves.
    for (const narrowed of [filter, `${filter}&${everyone()}`, `${filter}&from=${start}`]) {
      const { total, kinds, versions, days } = await summarise(narrowed);
      expect([narrowed, total]).toEqual([narrowed, expected().length]);
      expect(kinds.reduce((sum, { count }) => sum + count, 0)).toBe(total);
      expect(versions.reduce((sum, { count }) => sum + count, 0)).toBe(total);
      expect(days.reduce((sum, day) => sum + day.thumb + day.edit, 0)).toBe(total);
    }
  });

  it('is narrowed by who gave it and by when', async () => {
    expect(await listIds(`raterIds=${ben.user.id}`)).toEqual([private_.eventId]);
    expect(await listIds(`from=${start}&kinds=thumb`)).toHaveLength(3);
    expect(await listIds(`versionIds=${randomUUID()}`)).toEqual([]);
    expect((await list(`raterIds=${ben.user.id}`)).items[0]).toMatchObject({
      rater: { id: ben.user.id, name: ben.user.name },
      versions: [{ id: versionId, name: `scripted-${versionId}` }],
      script: 'other',
      isUsable: false,
    });
  });

  it('is read page by page, each act once', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: FeedbackPage = await list(`limit=1${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([edited, private_.eventId, chinese.eventId, english.eventId]);
  });

  it('counts reasons', async () => {
    expect((await summarise('kinds=thumb')).tags).toEqual([
      { tag: 'helpful', count: 1 },
      { tag: 'too-short', count: 1 },
      { tag: 'wrong', count: 1 },
    ]);
  });

  it.each(['kinds=shrug', 'cursor=1', 'limit=1000', 'isUsable=perhaps', 'page=2'])(
    'refuses "%s"',
    async (query) => {
      expect((await admin.client.get(`/api/feedback?${query}`)).body).toMatchObject({
        code: 'REQUEST_INVALID',
      });
    },
  );
});

describe('an act of feedback', () => {
  it('is shown with the branch up to the answer, and nothing behind it', async () => {
    const { eventId, conversationId, answerId } = await rate(
      ann,
      'Do whales sing?',
      { value: 'up', score: 8, comment: 'Nice.' },
      { systemPrompt: 'Be brief.' },
    );
    using socket = await ChatSocket.open(ann.client);
    await socket.request({ type: 'conversation.watch', conversationId });
    const { answer } = await socket.ask({
      type: 'chat.send',
      conversationId,
      parentId: answerId,
      content: 'A secret',
    });
    await socket.waitForEnd(answer.id);
    const detail = await show(eventId);
    expect(detail.payload).toMatchObject({ score: 8, comment: 'Nice.' });
    expect(detail.answers[0]?.provenance?.modelVersionId).toBe(versionId);
    expect(detail.turns).toEqual([
      { role: 'system', content: 'Be brief.', part: null },
      { role: 'user', content: 'Do whales sing?', part: null },
      { role: 'assistant', content: 'They do.', part: 'rated' },
    ]);
  });

  it('is shown, and taught, under the system prompt that was answered under, whatever it is now', async () => {
    const gil = await invite(admin, 'user');
    await gil.client.patch('/api/me', { trainingConsent: true });
    const options = { systemPrompt: 'Be brief.' };
    const { eventId, conversationId, answerId } = await rate(gil, 'Do whales hum?', { value: 'up' }, options);
    await gil.client.patch(`/api/messages/${answerId}`, { content: 'They do hum.' });
    await gil.client.patch(`/api/conversations/${conversationId}`, { systemPrompt: 'Be verbose.' });
    const system = { role: 'system', content: 'Be brief.' };
    expect((await show(eventId)).turns?.[0]).toEqual({ ...system, part: null });
    const body = { filter: { raterIds: [gil.user.id] }, splitSettings: { heldOutFraction: 0 } };
    const { examples } = datasetPreviewSchema.parse(
      expectStatus(await admin.client.post('/api/datasets/preview', body), 200),
    );
    expect(examples.map(({ kind }) => kind).sort()).toEqual(['kto', 'preference', 'sft']);
    for (const { row } of examples)
      expect(row).toMatchObject({ prompt: [system, { role: 'user', content: 'Do whales hum?' }] });
  });

  it('is shown without a word of who does not let their words be used', async () => {
    const { eventId, conversationId } = await rate(ann, 'A private matter', { value: 'up' });
    await ann.client.patch(`/api/conversations/${conversationId}`, { trainingConsent: false });
    const detail = await show(eventId);
    expect(detail).toMatchObject({ isUsable: false, turns: null });
    expect(JSON.stringify(detail)).not.toContain('private matter');
    await ann.client.patch(`/api/conversations/${conversationId}`, { trainingConsent: null });
    expect((await show(eventId)).turns).toHaveLength(2);
  });

  it('is taken out and back in with a reason, which is kept with who gave it', async () => {
    const { eventId } = await rate(ann, 'Do whales dream?', { value: 'up' });
    await exclude(eventId, true, 'Given by a script');
    expect(await listIds('isExcluded=true')).toContain(eventId);
    const { isExcluded, exclusions } = await exclude(eventId, false, 'It was a person');
    expect(isExcluded).toBe(false);
    expect(exclusions.map(({ createdAt: _, ...exclusion }) => exclusion)).toEqual([
      { isExcluded: true, reason: 'Given by a script', by: admin.user.name },
      { isExcluded: false, reason: 'It was a person', by: admin.user.name },
    ]);
    expect(await listIds('isExcluded=true')).not.toContain(eventId);
  });

  it('is no more to be taken out when something else was said since, which counts by itself', async () => {
    const { eventId, answerId } = await rate(ann, 'Do whales fly?', { value: 'up' });
    await exclude(eventId, true, 'Wrong');
    const later = await thumb(ann, answerId, { value: 'down' });
    expect((await show(later)).isExcluded).toBe(false);
    for (const path of [`events/${eventId}/exclusions`, `events/${randomUUID()}/exclusions`])
      expect(
        (await admin.client.post(`/api/feedback/${path}`, { isExcluded: true, reason: 'x' })).body,
      ).toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    await thumb(ann, answerId, { value: null });
    expect((await admin.client.get(`/api/feedback/events/${later}`)).status).toBe(404);
  });
});

describe('consent', () => {
  it('counts as it is now, for the account and for the conversation, in the table and in the counts', async () => {
    const eve = await invite(admin, 'user');
    const { conversationId } = await rate(eve, 'May you?', { value: 'up' });
    await rate(eve, 'And you?', { value: 'down' });
    const count = async () => {
      const rater = `isUsable=true&raterIds=${eve.user.id}`;
      const { rows } = await db.query(
        `SELECT count(*)::int AS count FROM current_feedback WHERE owner_id = $1 AND is_usable`,
        [eve.user.id],
      );
      return [(await listIds(rater)).length, (await summarise(rater)).total, rows[0].count];
    };
    expect(await count()).toEqual([0, 0, 0]);
    await eve.client.patch('/api/me', { trainingConsent: true });
    expect(await count()).toEqual([2, 2, 2]);
    await eve.client.patch(`/api/conversations/${conversationId}`, { trainingConsent: false });
    expect(await count()).toEqual([1, 1, 1]);
    await eve.client.patch('/api/me', { trainingConsent: false });
    await eve.client.patch(`/api/conversations/${conversationId}`, { trainingConsent: true });
    expect(await count()).toEqual([1, 1, 1]);
  });

  it('is not missed by an act that is recorded while it changes', async () => {
    const eve = await invite(admin, 'user');
    const rated = await Promise.all(Array.from({ length: 6 }, () => rate(eve, 'Now?', { value: 'up' })));
    for (let round = 0; round < 5; round++) {
      const isAllowed = round % 2 === 0;
      await Promise.all([
        eve.client.patch('/api/me', { trainingConsent: isAllowed }),
        ...rated.map(({ answerId }) => thumb(eve, answerId, { value: isAllowed ? 'down' : 'up' })),
        eve.client.patch(`/api/conversations/${rated[0]?.conversationId}`, { trainingConsent: null }),
      ]);
      const { rows } = await db.query(
        `SELECT count(*)::int AS count FROM current_feedback WHERE owner_id = $1 AND is_usable`,
        [eve.user.id],
      );
      expect(rows[0].count).toBe(isAllowed ? 6 : 0);
    }
  });
});

describe('the counts by day', () => {
  it('are what counting the acts gives, after all that was done to them here', async () => {
    const kept = await db.query(
      `SELECT kind, verdict, script, is_usable, is_excluded, answer_version_ids, tags, count::int FROM feedback_counts
       WHERE count <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7`,
    );
    const counted = await db.query(
      `SELECT kind, verdict, script, is_usable, is_excluded, answer_version_ids, tags, count(*)::int AS count FROM current_feedback
       WHERE NOT is_withdrawn GROUP BY date_trunc('day', created_at, 'UTC'), source, 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7`,
    );
    expect(kept.rows.length).toBeGreaterThan(3);
    expect(kept.rows).toEqual(counted.rows);
  });
});

describe('an account that is erased', () => {
  /** A version that began as one that was trained on the first event, and was trained on the others. */
  async function trainOn([first, ...others]: string[]): Promise<string> {
    const source = await createDataSource(server.databaseUrl, { poolSize: 1 }).initialize();
    const config = runConfigSchema.parse({ kind: 'kto' });
    const datasets = await Promise.all([first, ...others].map((eventId) => insertDataset(eventId)));
    let startVersionId = versionId;
    for (const datasetId of datasets) {
      const id = randomUUID();
      await db.query(
        `INSERT INTO model_versions (id, model_id, name) SELECT $1::uuid, model_id, $1::text FROM model_versions WHERE id = $2`,
        [id, versionId],
      );
      await rememberSources(source.manager, id, { config, datasetId, startVersionId });
      startVersionId = id;
    }
    await source.destroy();
    return startVersionId;
  }

  async function insertDataset(eventId: string | undefined): Promise<string> {
    const id = randomUUID();
    await db.query(
      `INSERT INTO datasets (id, name, version, source, split_settings, content_hash, counts, report, folder)
       VALUES ($1::uuid, $1::text, 1, '{}', '{}', 'x', '{}', '{}', 'none')`,
      [id],
    );
    await db.query(
      `INSERT INTO dataset_items (dataset_id, position, row_id, kind, split, event_ids, content_hash, prompt_hash, people)
       VALUES ($1, 0, 'a', 'kto', 'train', ARRAY[$2::uuid], 'x', 'x', '{}')`,
      [id, eventId],
    );
    return id;
  }

  it('takes its feedback along and marks the versions that were trained on it', async () => {
    const eve = await invite(admin, 'user');
    const { eventId, conversationId } = await rate(eve, 'Am I here?', { value: 'up' });
    const { eventId: second } = await rate(eve, 'Still here?', { value: 'up' });
    await exclude(eventId, true, 'Spam');
    const laterId = await trainOn([eventId, second]);
    const readMark = async () => {
      const { body } = await admin.client.get('/api/models');
      const { versions } = modelListSchema.parse(body);
      return versions.find(({ id }) => id === laterId)?.erasedSources;
    };
    expect(await readMark()).toBe(0);
    expectStatus(await eve.client.delete(`/api/conversations/${conversationId}`), 204);
    expect(await readMark()).toBe(1);
    expectStatus(await eve.client.delete('/api/me'), 204);
    expect(await readMark()).toBe(2);
    for (const table of ['feedback_events', 'current_feedback'])
      expect((await db.query(`SELECT FROM ${table} WHERE user_id = $1`, [eve.user.id])).rowCount).toBe(0);
    expect((await db.query('SELECT FROM feedback_exclusions WHERE event_id = $1', [eventId])).rowCount).toBe(
      0,
    );
  });
});

describe('feedback over the API', () => {
  let key: string;
  let completionId: string;

  const send = async (id: string, body: object, authorization = `Bearer ${key}`) =>
    admin.client.send('POST', `/v1/chat/completions/${id}/feedback`, body, { authorization });
  const codeOf = async (id: string, body: object) =>
    ((await send(id, body)).body as { error: { code: string } }).error.code;
  const newKey = async ({ client }: Person) =>
    (expectStatus(await client.post('/api/keys', { name: 'front end' }), 201) as CreatedApiKey).key;

  beforeAll(async () => {
    key = await newKey(ann);
    const reply = await admin.client.send(
      'POST',
      '/v1/chat/completions',
      {
        model: `scripted-${versionId}`,
        n: 2,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: '鲸鱼会飞吗？' },
        ],
      },
      { authorization: `Bearer ${key}` },
    );
    completionId = (expectStatus(reply, 200) as { id: string }).id;
  });

  it('joins the ledger: selected, shown and counted as what is given in the chat', async () => {
    const body = { kind: 'thumb', choice: 1, value: 'down', tags: ['wrong'], comment: 'They swim.' };
    const recorded = recordedFeedbackSchema.parse(expectStatus(await send(completionId, body), 200));
    expect(recorded).toMatchObject({
      object: 'feedback',
      completion_id: completionId,
      effect: { labelled_answers: 1, preference_pairs: 0, demonstrations: 0, is_used_for_training: true },
    });
    expect(await listIds('source=api&scripts=cjk&isUsable=true')).toEqual([recorded.id]);
    expect((await summarise('source=api')).total).toBe(1);
    const detail = await show(recorded.id);
    expect(detail.source).toBe('api');
    expect(detail.turns).toEqual([
      { role: 'system', content: 'Be brief.', part: null },
      { role: 'user', content: '鲸鱼会飞吗？', part: null },
      { role: 'assistant', content: 'They do.', part: 'rated' },
    ]);
    const own = await ann.client.get('/api/me/feedback?limit=1');
    expect(ownFeedbackSchema.array().parse(own.body)[0]).toMatchObject({
      id: recorded.id,
      conversationId: null,
      completionId,
    });
  });

  it('is one act of a person about a choice, or about two of them whichever side they stood on', async () => {
    const up = { kind: 'thumb', choice: 0, value: 'up' };
    const ids = await Promise.all(
      Array.from(
        { length: 6 },
        async () => (expectStatus(await send(completionId, up), 200) as { id: string }).id,
      ),
    );
    expect(new Set(ids).size).toBe(1);
    await send(completionId, { kind: 'comparison', left: 0, right: 1, outcome: 'left' });
    const changed = await send(completionId, { kind: 'comparison', left: 1, right: 0, outcome: 'left' });
    const { id } = recordedFeedbackSchema.parse(expectStatus(changed, 200));
    expect(await listIds('source=api&kinds=comparison')).toEqual([id]);
    expect((await show(id)).answers.map(({ role }) => role)).toEqual(['left', 'right']);
    expectStatus(await send(completionId, { ...up, value: null }), 200);
    expect(await listIds('source=api&verdicts=up')).toEqual([]);
  });

  it("follows the account's consent", async () => {
    await ann.client.patch('/api/me', { trainingConsent: false });
    const [eventId = ''] = await listIds('source=api');
    expect(await show(eventId)).toMatchObject({ isUsable: false, turns: null });
    expect((await summarise('source=api&isUsable=true')).total).toBe(0);
    await ann.client.patch('/api/me', { trainingConsent: true });
    expect((await show(eventId)).isUsable).toBe(true);
  });

  it.each([
    [{ kind: 'thumb', value: 'up', tags: ['wrong'] }, 'feedback_tag_unknown'],
    [{ kind: 'thumb', value: 'up', choice: 2 }, 'resource_not_found'],
    [{ kind: 'thumb' }, 'request_invalid'],
    [{ kind: 'thumb', value: 'up', comment: 'x'.repeat(1_000_000) }, 'request_invalid'],
    [{ kind: 'comparison', left: 0, right: 0, outcome: 'tie' }, 'request_invalid'],
    [
      { kind: 'comparison', left: 0, right: 1, outcome: 'tie', criteria: { nice: 'left' } },
      'feedback_criterion_unknown',
    ],
  ])('refuses bad input %# with a code', async (body, code) => {
    expect(await codeOf(completionId, body)).toBe(code);
  });

  it("refuses another's completion as one that is not there, and an answer that failed", async () => {
    const others = await newKey(ben);
    const thumb = { kind: 'thumb', value: 'up' };
    const [hidden, unknown] = await Promise.all([
      send(completionId, thumb, `Bearer ${others}`),
      send('chatcmpl-none', thumb),
    ]);
    expect(hidden.status).toBe(404);
    expect(hidden.body).toEqual(unknown.body);
    await db.query(
      `UPDATE generations SET status = 'failed' WHERE id =
         (SELECT generation_id FROM completion_choices WHERE completion_id = $1 AND choice = 0)`,
      [completionId],
    );
    expect(await codeOf(completionId, thumb)).toBe('feedback_not_rateable');
  });
});

describe('the leaderboard', () => {
  const provenance = (version: string): Provenance => ({
    modelVersionId: version,
    modelName: 'challenger',
    modelSha256: '0'.repeat(64),
    adapterSha256: null,
    templateHash: '0'.repeat(64),
    sampling: defaultSampling,
    seed: 1,
    engine: 'test',
  });
  const rank = async (query = ''): Promise<LeaderboardView> =>
    leaderboardSchema.parse(expectStatus(await admin.client.get(`/api/leaderboard?${query}`), 200));

  it('ranks versions by the votes that count, whatever their order, and none before it has enough', async () => {
    expect(await rank()).toMatchObject({ battles: 0, standings: [] });
    const challenger = randomUUID();
    const { conversationId } = await rate(ann, 'Which is better?', { value: 'up' });
    const ledger = server.app.get(FeedbackLedger, { strict: false });
    const vote = (index: number) =>
      ledger.record({
        userId: ann.user.id,
        kind: 'comparison',
        subjectId: randomUUID(),
        conversationId,
        payload: {
          kind: 'comparison',
          outcome: index % 3 === 0 ? 'right' : index % 3 === 1 ? 'left' : 'both_bad',
          tags: [],
          criteria: {},
          comment: '',
        },
        messages: [
          {
            messageId: randomUUID(),
            role: 'right',
            provenance: provenance(index % 3 === 0 ? challenger : versionId),
          },
          {
            messageId: randomUUID(),
            role: 'left',
            provenance: provenance(index % 3 === 0 ? versionId : challenger),
          },
        ],
      });
    const events: FeedbackEvent[] = [];
    for (let index = 0; index < 27; index++) events.push(await vote(index));

    const early = await rank();
    expect(early.standings.map(({ votes, interval }) => [votes, interval])).toEqual([
      [27, null],
      [27, null],
    ]);
    for (let index = 27; index < 36; index++) events.push(await vote(index));
    const board = await rank();
    expect(board.battles).toBe(36);
    expect(board.standings.map(({ id, name, isProvisional }) => [id, name, isProvisional])).toEqual([
      [challenger, 'challenger', false],
      [versionId, `scripted-${versionId}`, false],
    ]);
    // 24 wins and 12 ties of 36: 30 of 36 by half points.
    expect(board.wins[0]).toEqual([null, 30 / 36]);
    const [first, second] = board.standings;
    expect((first?.rating ?? 0) - (second?.rating ?? 0)).toBeCloseTo(400 * Math.log10(5), 6);
    expect(first?.interval?.[0]).toBeGreaterThan(second?.interval?.[1] ?? Infinity);
    expect((await rank('isLengthControlled=true')).isLengthControlled).toBe(true);

    await exclude(events[0]?.id ?? '', true, 'By accident');
    expect((await rank()).battles).toBe(35);
    expect((await rank('scripts=cjk')).battles).toBe(0);
  });
});

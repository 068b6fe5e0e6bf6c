/** The raters' blind queue: who is given what, what is told, and what becomes of the votes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client } from 'pg';
import type { Dataset } from '../../common/contracts/datasets.js';
import { versionStandingSchema } from '../../common/contracts/evaluations.js';
import {
  nextRatingSchema,
  ratingQueueSchema,
  type NextRating,
  type RatingQueue,
} from '../../common/contracts/rating-queues.js';
import { expectStatus, invite, setUpAdmin, type ApiReply, type Person } from '../support/api-client.js';
import { JudgedAnswers } from '../support/judged-answers.js';
import { registerScriptedVersion } from '../support/scripted-version.js';
import { registerScriptedModel, ScriptedWorker } from '../support/scripted-worker.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';

let server: ServerInProcess;
let worker: ScriptedWorker;
let db: Client;
let admin: Person;
let ann: Person;
let ben: Person;
let liveId: string;
let candidateId: string;
let datasetId: string;

/** What the versions say: the candidate always asks back. */
const better = 'Do you want to know more?';
const worse = 'That is all.';

beforeAll(async () => {
  server = await startServerInProcess();
  liveId = await registerScriptedModel(server.databaseUrl);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  candidateId = await registerScriptedVersion(db, liveId);
  worker = await ScriptedWorker.start(server, async (answer) => {
    const isSilly = answer.row.request.turns.some(({ content }) => content.includes('same'));
    await answer.say(answer.row.modelVersionId === candidateId && !isSilly ? better : worse);
    await answer.end();
  });
  admin = await setUpAdmin(server.url, server.databaseUrl);
  [ann, ben] = [await invite(admin, 'rater'), await invite(admin, 'rater')];
  datasetId = await upload(['Do whales sing?', 'Do whales sleep?', 'Do whales dream?']);
});
afterAll(async () => {
  await db.end();
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => db.query('DELETE FROM rating_queues'));

const upload = async (questions: readonly string[]): Promise<string> => {
  // Twice as many, of which the half is held out.
  const rows = [...questions, ...questions.map((question) => `${question} Say it again.`)].map((prompt) =>
    JSON.stringify({ prompt, chosen: 'They may.', rejected: 'No idea.' }),
  );
  const path = `/api/datasets/upload?name=whales&fileName=w.jsonl&format=trl-conversational&heldOutFraction=0.5`;
  return (expectStatus(await admin.client.sendFile(path, rows.join('\n')), 201) as Dataset).id;
};
const create = async (more: object = {}) =>
  admin.client.post('/api/rating-queues', {
    name: 'Blind',
    firstId: candidateId,
    secondId: liveId,
    prompts: { type: 'dataset', datasetId },
    ...more,
  });
const codeOf = ({ status, body }: ApiReply) => [status, (body as { code?: string }).code];
const next = async ({ client }: Person): Promise<NextRating> =>
  nextRatingSchema.parse(expectStatus(await client.post('/api/ratings/next'), 200));
const vote = async ({ client }: Person, pairId: string, outcome: string, durationMs = 4000) =>
  client.post(`/api/ratings/${pairId}/vote`, { outcome, durationMs });
const report = async (): Promise<RatingQueue> => {
  const queues = ratingQueueSchema
    .array()
    .parse(expectStatus(await admin.client.get('/api/rating-queues'), 200));
  if (!queues[0]) throw new Error('there is no queue');
  return queues[0];
};

/** A queue whose pairs have all been answered. */
async function newQueue(more: object = {}): Promise<RatingQueue> {
  const queue = ratingQueueSchema.parse(expectStatus(await create(more), 201));
  return vi.waitFor(
    async () => {
      const { pairs } = await report();
      if (pairs.ready + pairs.unfit < pairs.all) throw new Error('not all pairs are answered');
      return queue;
    },
    { timeout: 20_000, interval: 50 },
  );
}

const waitingOf = async (rater: Person): Promise<number> => (await next(rater)).waiting;

/** Judges everything there is as this rater sees it. @returns how often the better one stood left */
async function judgeAll(rater: Person, prefers: (text: string) => boolean): Promise<boolean[]> {
  const sides: boolean[] = [];
  let { task } = await next(rater);
  while (task) {
    sides.push(task.left === better);
    const reply = await vote(rater, task.pairId, prefers(task.left) ? 'left' : 'right');
    ({ task } = nextRatingSchema.parse(expectStatus(reply, 200)));
  }
  return sides;
}

describe('a raters’ queue', () => {
  it('gives each rater every pair once, without a word of whose the answers are', async () => {
    const { pairs } = await newQueue({ ratersPerPair: 2 });
    expect(pairs.all).toBe(3);
    const first = await next(ann);
    expect(first).toMatchObject({ waiting: 3, judged: 0 });
    expect(JSON.stringify(first)).not.toMatch(/scripted|Blind|version|provenance|queue/i);
    expect([first.task?.left, first.task?.right].sort()).toEqual([better, worse]);
    // Reloaded, it is the same pair on the same sides; another rater is given it as well.
    expect(await next(ann)).toEqual(first);
    expect(await judgeAll(ann, (text) => text === better)).toHaveLength(3);
    expect(await next(ann)).toMatchObject({ task: null, waiting: 0 });
    expect(await judgeAll(ben, (text) => text === better)).toHaveLength(3);
    expect(await next(admin)).toMatchObject({ task: null });
  });

  it('hands two raters different pairs where one judgement of each is wanted', async () => {
    await newQueue();
    const [of, other] = [await next(ann), await next(ben)];
    expect(of.task?.pairId).not.toBe(other.task?.pairId);
    // What somebody leaves out goes to somebody else.
    const skipped = of.task?.pairId ?? '';
    expectStatus(await ann.client.post(`/api/ratings/${skipped}/skip`), 200);
    expect(await judgeAll(ben, () => true)).toHaveLength(3 - 1);
    expect((await next(ben)).task).toBeNull();
    const { votes, votesWanted } = await report();
    expect([votes, votesWanted]).toEqual([2, 1]);
  });

  it('counts votes for the gate and on the leaderboard, and tells how many more it takes', async () => {
    await newQueue({ ratersPerPair: 2 });
    await judgeAll(ann, (text) => text === better);
    await judgeAll(ben, (text) => text === better);
    const { winRate, votes, labour, agreement } = await report();
    // Two raters of one pair are one vote.
    expect(winRate).toMatchObject({ wins: 3, votes: 3, rate: 1, votesNeeded: 1 });
    expect([votes, labour]).toEqual([6, { seconds: 24, medianSeconds: 4 }]);
    expect(agreement).toMatchObject({ pairs: 3, alpha: null, raters: [{ pairs: 3, same: 1 }] });
    const { body } = await admin.client.get(`/api/versions/${candidateId}/standing`);
    expect(versionStandingSchema.parse(body).gate.people).toMatchObject({ wins: 3, votes: 3 });
    const leaderboard = (await admin.client.get('/api/leaderboard')).body as { battles: number };
    expect(leaderboard.battles).toBe(6);
    const page = (await admin.client.get('/api/feedback?source=queue')).body as { items: { id: string }[] };
    expect(page.items).toHaveLength(6);
    const detail = await admin.client.get(`/api/feedback/events/${page.items[0]?.id}`);
    expect(expectStatus(detail, 200)).toMatchObject({ source: 'queue', durationMs: 4000 });
  });

  it('keeps every vote as an event, the changed and the withdrawn one too', async () => {
    await newQueue();
    const pairId = (await next(ann)).task?.pairId ?? '';
    for (const outcome of ['tie', 'both_bad']) expectStatus(await vote(ann, pairId, outcome), 200);
    const own = (await ann.client.get('/api/me/feedback')).body as { id: string; ratingPairId: string }[];
    expect(own).toMatchObject([{ ratingPairId: pairId, payload: { outcome: 'both_bad' } }]);
    expectStatus(await ann.client.delete(`/api/me/feedback/${own[0]?.id}`), 200);
    const { rows } = await db.query<{ said: string }>(
      `SELECT coalesce(payload->>'outcome', payload->>'kind') AS said FROM feedback_events
       WHERE rating_pair_id = $1 ORDER BY sequence`,
      [pairId],
    );
    expect(rows.map(({ said }) => said)).toEqual(['tie', 'both_bad', 'withdrawn']);
    expect((await report()).votes).toBe(0);
  });

  it('asks for more judgements on demand, and for none when it is closed', async () => {
    const { id } = await newQueue();
    await judgeAll(ann, () => true);
    expect((await next(ben)).task).toBeNull();
    expectStatus(await admin.client.patch(`/api/rating-queues/${id}`, { ratersPerPair: 2 }), 200);
    expect((await next(ben)).task).not.toBeNull();
    expectStatus(await admin.client.patch(`/api/rating-queues/${id}`, { isOpen: false }), 200);
    expect(await next(ben)).toMatchObject({ task: null, waiting: 0 });
  });

  it('takes the prompts of a set, and gives first what a reward model is least sure of', async () => {
    const set = (await admin.client.post('/api/prompt-sets', { name: 'Seas', purpose: 'quality' })).body as {
      id: string;
    };
    for (const content of ['Is it deep?', 'Is it wide?', 'Is it wet?']) {
      const prompt = { messages: [{ role: 'user', content }], checks: [] };
      expectStatus(await admin.client.post(`/api/prompt-sets/${set.id}/prompts`, prompt), 201);
    }
    await newQueue({ prompts: { type: 'prompt_set', promptSetId: set.id }, ratersPerPair: 2 });
    // As a worker would have written them: sure of the first, unsure of the last, and the second not scored yet.
    await db.query(
      `INSERT INTO answer_scores (generation_id, reward_version_id, reward_name, score)
       SELECT g.id, $1, 'judge', CASE WHEN g.id = p.first_generation_id THEN 0 ELSE 2.0 / (p.position + 1) END
       FROM generations g JOIN rating_pairs p ON p.id = g.rating_pair_id WHERE p.position <> 1`,
      [candidateId],
    );
    const asked: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { task } = await next(ann);
      asked.push(task?.turns[0]?.content ?? '');
      expectStatus(await vote(ann, task?.pairId ?? '', 'tie'), 200);
    }
    expect(asked).toEqual(['Is it wet?', 'Is it deep?', 'Is it wide?']);
  });

  it('asks nobody where both said the same', async () => {
    const same = await upload(['Say the same.']);
    await newQueue({ prompts: { type: 'dataset', datasetId: same } });
    expect((await report()).pairs).toEqual({ all: 1, ready: 0, unfit: 1, withheld: 0 });
    expect(await next(ann)).toMatchObject({ task: null, waiting: 0 });
  });

  it('goes with the person whose words the prompts are', async () => {
    await newQueue();
    const gone = await invite(admin, 'user');
    await db.query(`UPDATE rating_pairs SET people = ARRAY[$1::uuid] WHERE position = 0`, [gone.user.id]);
    expectStatus(await gone.client.delete('/api/me'), 204);
    expect((await report()).pairs.all).toBe(2);
    const { rows } = await db.query(`SELECT 1 FROM generations g WHERE g.rating_pair_id IS NOT NULL`);
    expect(rows).toHaveLength(4);
  });

  it('teaches only with the consent of whose prompts they are, and leaves nothing of them when they go', async () => {
    await db.query(`UPDATE users SET training_consent = true WHERE id = ANY($1)`, [
      [ann.user.id, ben.user.id],
    ]);
    const author = await invite(admin, 'user');
    await author.client.patch('/api/me', { trainingConsent: true });
    await newQueue({ ratersPerPair: 2 });
    const { rows: ofAuthor } = await db.query<{ turns: unknown }>(
      `UPDATE rating_pairs SET people = ARRAY[$1::uuid] WHERE position = 0 RETURNING turns`,
      [author.user.id],
    );
    const turnsOfAuthor = ofAuthor[0]?.turns;
    await judgeAll(ann, (text) => text === better);
    const splitSettings = { heldOutFraction: 0 };
    const freeze = async () =>
      expectStatus(
        await admin.client.post('/api/datasets', {
          name: 'judged',
          filter: { source: 'queue' },
          splitSettings,
        }),
        201,
      ) as Dataset;
    const usable = async () => {
      const { rows } = await db.query(`SELECT FROM current_feedback WHERE source = 'queue' AND is_usable`);
      return rows.length;
    };
    const whole = await freeze();
    expect([whole.counts.preference.train, await usable()]).toEqual([3, 3]);

    const { task: onTheScreen, waiting } = await next(ben);
    expect([onTheScreen?.turns, waiting, await waitingOf(ben)]).toEqual([turnsOfAuthor, 3, 3]);
    await author.client.patch('/api/me', { trainingConsent: false });
    expect([(await freeze()).counts.preference.train, await usable()]).toEqual([2, 2]);
    // It is shown to nobody meanwhile, and what is said by who has it on the screen counts no more either.
    expect(await waitingOf(ben)).toBe(2);
    expect(await report()).toMatchObject({ votesWanted: 2, pairs: { withheld: 1 } });
    await vote(ben, onTheScreen?.pairId ?? '', 'left');
    await judgeAll(ben, (text) => text === better);
    expect(await usable()).toBe(4);
    await author.client.patch('/api/me', { trainingConsent: true });
    expect(await usable()).toBe(6);

    expectStatus(await author.client.delete('/api/me'), 204);
    const erased = (await admin.client.get(`/api/datasets/${whole.id}`)).body as Dataset;
    expect([erased.counts.preference.train, erased.erasedRows]).toEqual([2, 1]);
  });

  it('teaches what the conversation of its prompt allows, whatever the account says, and nothing once it is deleted', async () => {
    await db.query(`UPDATE users SET training_consent = true WHERE id = ANY($1)`, [
      [ann.user.id, ben.user.id],
    ]);
    const author = await invite(admin, 'user');
    const consent = (path: string, trainingConsent: boolean) =>
      author.client.patch(path, { trainingConsent });
    await consent('/api/me', true);
    const world = new JudgedAnswers(server);
    for (const question of ['Red?', 'Green?', 'Blue?', 'Grey?'])
      await world.vote(
        author.user.id,
        await world.ask(author.user.id, { question, answers: ['Yes.', 'No.'] }),
        'left',
      );
    const ofAuthor = { filter: { raterIds: [author.user.id] }, splitSettings: { heldOutFraction: 0.5 } };
    const source = expectStatus(await admin.client.post('/api/datasets', { name: 'own', ...ofAuthor }), 201);
    const { id } = source as Dataset;
    await newQueue({ ratersPerPair: 2, prompts: { type: 'dataset', datasetId: id } });
    const { rows: pairs } = await db.query<{ conversationIds: string[] }>(
      `SELECT conversation_ids AS "conversationIds" FROM rating_pairs ORDER BY position`,
    );
    const [first, second] = pairs.flatMap(({ conversationIds }) => conversationIds);
    expect(pairs).toHaveLength(2);

    const usable = async () => {
      const { rows } = await db.query(`SELECT FROM current_feedback WHERE source = 'queue' AND is_usable`);
      const { body } = await admin.client.get('/api/feedback?source=queue&isUsable=true');
      expect((body as { items: unknown[] }).items).toHaveLength(rows.length);
      return rows.length;
    };
    await judgeAll(ann, (text) => text === better);
    expect(await usable()).toBe(2);
    await consent(`/api/conversations/${first}`, false);
    expect(await usable()).toBe(1);
    await consent(`/api/conversations/${first}`, true);
    await consent('/api/me', false);
    expect(await usable()).toBe(1);
    await consent('/api/me', true);
    expectStatus(await author.client.delete(`/api/conversations/${second}`), 204);
    expect([await waitingOf(ben), (await report()).pairs.withheld]).toEqual([1, 1]);
    await judgeAll(ben, (text) => text === better);
    expect(await usable()).toBe(2);

    // A queue that is made when it has gone already shows it to nobody.
    await newQueue({ prompts: { type: 'dataset', datasetId: id } });
    await db.query(
      `UPDATE rating_queues SET is_open = false WHERE created_at < (SELECT max(created_at) FROM rating_queues)`,
    );
    await judgeAll(ann, (text) => text === better);
    expect(await usable()).toBe(3);
  });

  it('refuses one version twice, a dataset without prompts, and a pair that one was not given', async () => {
    expect(codeOf(await create({ secondId: candidateId }))).toEqual([422, 'RATING_QUEUE_SELF']);
    const path = '/api/datasets/upload?name=t&fileName=t.jsonl&format=trl-conversational';
    const { id: empty } = (await admin.client.sendFile(path, '{"text":"Whales sing."}')).body as Dataset;
    const prompts = { type: 'dataset', datasetId: empty };
    expect(codeOf(await create({ prompts }))).toEqual([422, 'RATING_QUEUE_EMPTY']);
    await newQueue();
    const pairId = (await next(ann)).task?.pairId ?? '';
    expect(codeOf(await vote(ben, pairId, 'left'))).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(codeOf(await ben.client.post(`/api/ratings/${pairId}/skip`))).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(codeOf(await vote(ann, pairId, 'middle'))).toEqual([400, 'REQUEST_INVALID']);
  });
});

import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  datasetDiffSchema,
  datasetItemSchema,
  datasetPreviewSchema,
  datasetSchema,
  type Dataset,
  type DatasetPreview,
} from '../../common/contracts/datasets.js';
import { DatasetErasure } from '../../server/datasets/snapshot/erasure.service.js';
import { expectStatus, invite, setUpAdmin, type Person } from '../support/api-client.js';
import { JudgedAnswers } from '../support/judged-answers.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const exportsDir = process.env.ATTUNE_EXPORTS_DIR;
const inFolder = temporaryFolder();
let server: ServerInProcess;
let db: Client;
let admin: Person;
let ann: Person;
let ben: Person;
let world: JudgedAnswers;

beforeAll(async () => {
  server = await startServerInProcess({ ATTUNE_DATA_DIR: inFolder('data') });
  admin = await setUpAdmin(server.url, server.databaseUrl);
  ann = await invite(admin, 'user');
  ben = await invite(admin, 'user');
  for (const { client } of [ann, ben]) await client.patch('/api/me', { trainingConsent: true });
  world = new JudgedAnswers(server);
  db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await server[Symbol.asyncDispose]();
});

const folderOf = ({ id }: Dataset) => inFolder(`data/artefacts/datasets/${id}`);
const readRows = (dataset: Dataset, file: string) =>
  readFileSync(path.join(folderOf(dataset), file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const freeze = async (body: object): Promise<Dataset> =>
  datasetSchema.parse(expectStatus(await admin.client.post('/api/datasets', body), 201));
const preview = async (body: object): Promise<DatasetPreview> =>
  datasetPreviewSchema.parse(expectStatus(await admin.client.post('/api/datasets/preview', body), 200));
const only = (...people: Person[]) => ({ filter: { raterIds: people.map(({ user }) => user.id) } });
const upload = (query: Record<string, string>, file: string) =>
  admin.client.sendFile(`/api/datasets/upload?${new URLSearchParams(query).toString()}`, file);
const everything = { splitSettings: { heldOutFraction: 0 } };

/** One of each act by a person of their own. */
async function sayEverything(): Promise<{ person: Person; events: Record<string, string> }> {
  const person = await invite(admin, 'user');
  await person.client.patch('/api/me', { trainingConsent: true });
  const id = person.user.id;
  const ask = (question: string, ...answers: string[]) => world.ask(id, { question, answers });
  const events = {
    up: await world.thumb(id, await ask('Up?', 'good'), 'up'),
    down: await world.thumb(id, await ask('Down?', 'poor'), 'down'),
    left: await world.vote(id, await ask('Left?', 'better', 'worse'), 'left'),
    right: await world.vote(id, await ask('Right?', 'worse', 'better'), 'right'),
    tie: await world.vote(id, await ask('Tie?', 'same', 'alike'), 'tie'),
    bothBad: await world.vote(id, await ask('Bad?', 'awful', 'dreadful'), 'both_bad'),
    pick: await world.pick(id, await ask('Pick?', 'first', 'second', 'third')),
    edit: await world.edit(
      id,
      await world.ask(id, {
        question: 'Edit?',
        answers: ['draft', 'final'],
        systemPrompt: 'Be brief.',
        before: ['Hi', 'Hello'],
      }),
    ),
  };
  return { person, events };
}

describe('freezing feedback', () => {
  it('sends every act to the run that fits it, with its prompt, system prompt and event', async () => {
    const { person, events } = await sayEverything();
    const dataset = await freeze({ name: 'all', ...only(person), ...everything });
    expect(dataset).toMatchObject({ version: 1, createdBy: admin.user.id, erasedRows: 0 });
    expect(dataset.counts).toEqual({
      sft: { train: 1, held_out: 0 },
      preference: { train: 5, held_out: 0 },
      kto: { train: 4, held_out: 0 },
      prompt: { train: 0, held_out: 0 },
      text: { train: 0, held_out: 0 },
    });
    expect(dataset.report.skipped).toEqual({ tie: 1 });
    const say = (role: string, content: string) => ({ role, content });
    const path = [
      say('system', 'Be brief.'),
      say('user', 'Hi'),
      say('assistant', 'Hello'),
      say('user', 'Edit?'),
    ];
    expect(readRows(dataset, 'sft.train.jsonl')).toEqual([
      {
        id: expect.any(String),
        events: [events.edit],
        prompt: path,
        completion: [say('assistant', 'final')],
        models: ['person'],
      },
    ]);
    const pairs = readRows(dataset, 'preference.train.jsonl').map((row) => [
      row.events[0],
      row.chosen[0].content,
      row.rejected[0].content,
    ]);
    expect(pairs).toEqual([
      [events.left, 'better', 'worse'],
      [events.right, 'better', 'worse'],
      [events.pick, 'first', 'second'],
      [events.pick, 'first', 'third'],
      [events.edit, 'final', 'draft'],
    ]);
    expect(readRows(dataset, 'kto.train.jsonl').map((row) => [row.completion[0].content, row.label])).toEqual(
      [
        ['good', true],
        ['poor', false],
        ['awful', false],
        ['dreadful', false],
      ],
    );
    expect(readdirSync(folderOf(dataset)).sort()).toEqual([
      'kto.train.jsonl',
      'manifest.json',
      'preference.train.jsonl',
      'sft.train.jsonl',
    ]);
    // For nobody else on the machine to read.
    expect(statSync(inFolder('data/artefacts')).mode & 0o777).toBe(0o700);
  });

  it('hashes the same rows alike, and can be checked with sha256sum', async () => {
    const { person } = await sayEverything();
    const [first, second] = [
      await freeze({ name: 'hash', ...only(person) }),
      await freeze({ name: 'hash', ...only(person) }),
    ];
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(second.contentHash).toBe(first.contentHash);
    const lines = readdirSync(folderOf(first))
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .map((name) => {
        const sha256 = createHash('sha256').update(readFileSync(path.join(folderOf(first), name)));
        return `${sha256.digest('hex')}  ${name}\n`;
      });
    expect(createHash('sha256').update(lines.join('')).digest('hex')).toBe(first.contentHash);
  });

  it('numbers versions of one name without a gap when many are frozen at once', async () => {
    const { person } = await sayEverything();
    const frozen = await Promise.all(
      Array.from({ length: 5 }, () => freeze({ name: 'at once', ...only(person) })),
    );
    expect(frozen.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('leaves picks out when it is told to', async () => {
    const { person } = await sayEverything();
    const { counts, report } = await preview({ ...only(person), includePicks: false });
    expect(counts.preference.train + counts.preference.held_out).toBe(3);
    expect(report.skipped).toEqual({ tie: 1, pick: 1 });
  });

  it('holds out whole prompts', async () => {
    for (let index = 0; index < 30; index++) {
      const asked = await world.ask(ann.user.id, {
        question: `Prompt ${index % 10}`,
        answers: [`answer ${index}`],
      });
      await world.thumb(ann.user.id, asked, 'up');
    }
    const dataset = await freeze({
      name: 'split',
      ...only(ann),
      splitSettings: { heldOutFraction: 0.2, seed: 1 },
    });
    const prompts = (file: string) =>
      new Set(readRows(dataset, file).map((row) => row.prompt[0].content as string));
    const [train, heldOut] = [prompts('kto.train.jsonl'), prompts('kto.held-out.jsonl')];
    expect([train.size, heldOut.size]).toEqual([8, 2]);
    expect([...heldOut].filter((prompt) => train.has(prompt))).toEqual([]);
    expect(dataset.report.split).toMatchObject({ rule: 'prompt', people: 1, leftOut: 0 });
  });

  it('takes nothing without consent, nothing that was excluded and nothing that was taken back', async () => {
    const { person, events } = await sayEverything();
    const { client, user } = person;
    const before = await preview(only(person));
    expect(before.counts.kto.train + before.counts.kto.held_out).toBe(4);
    const asked = await world.ask(user.id, { question: 'Private?', answers: ['yes'] });
    await world.thumb(user.id, asked, 'up');
    await client.patch(`/api/conversations/${asked.conversationId}`, { trainingConsent: false });
    await db.query(`UPDATE current_feedback SET is_excluded = true WHERE event_id = $1`, [events.up]);
    const after = await preview(only(person));
    expect(after.counts.kto.train + after.counts.kto.held_out).toBe(3);
    await client.patch('/api/me', { trainingConsent: false });
    expect((await admin.client.post('/api/datasets/preview', only(person))).body).toMatchObject({
      code: 'DATASET_EMPTY',
    });
    expect((await admin.client.post('/api/datasets', { name: 'none', ...only(person) })).body).toMatchObject({
      code: 'DATASET_EMPTY',
    });
    expect(readdirSync(inFolder('data/artefacts/datasets')).filter((name) => name.startsWith('.'))).toEqual(
      [],
    );
  });

  it('merges rows that say the same, or keeps each', async () => {
    const person = await invite(admin, 'user');
    await person.client.patch('/api/me', { trainingConsent: true });
    const asked = () => world.ask(person.user.id, { question: 'Again?', answers: ['yes'] });
    const events = [
      await world.thumb(person.user.id, await asked(), 'up'),
      await world.thumb(person.user.id, await asked(), 'up'),
    ];
    await world.thumb(person.user.id, await asked(), 'down');
    const merged = await freeze({ name: 'merged', ...only(person), ...everything });
    expect(merged.report).toMatchObject({ merged: 1, contradictions: 2, nearDuplicates: 1 });
    expect(readRows(merged, 'kto.train.jsonl').map((row) => row.events.length)).toEqual([2, 1]);
    expect(readRows(merged, 'kto.train.jsonl')[0].events).toEqual(events);
    const kept = await freeze({ name: 'kept', duplicates: 'keep', ...only(person), ...everything });
    const ids = readRows(kept, 'kto.train.jsonl').map((row) => row.id);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('a frozen dataset', () => {
  it('traces each row to its events, and each event to the datasets it went into', async () => {
    const { person, events } = await sayEverything();
    const dataset = await freeze({ name: 'trace', ...only(person), ...everything });
    const reply = await admin.client.get(
      `/api/datasets/${dataset.id}/items?kind=preference&split=train&limit=2&offset=1`,
    );
    const items = datasetItemSchema.array().parse(expectStatus(reply, 200));
    expect(items.map((item) => item.events.map(({ id, kind, userId }) => [id, kind, userId]))).toEqual([
      [[events.right, 'comparison', person.user.id]],
      [[events.pick, 'pick', person.user.id]],
    ]);
    const found = await admin.client.get(`/api/datasets?eventId=${events.edit}`);
    expect((expectStatus(found, 200) as Dataset[]).map(({ id }) => id)).toEqual([dataset.id]);
    const unused = await admin.client.get(`/api/datasets?eventId=${events.tie}`);
    expect(expectStatus(unused, 200)).toEqual([]);
  });

  it('is compared with its next version row by row', async () => {
    const { person } = await sayEverything();
    const first = await freeze({ name: 'diff', ...only(person), ...everything });
    const asked = await world.ask(person.user.id, { question: 'New?', answers: ['new'] });
    await world.thumb(person.user.id, asked, 'up');
    const second = await freeze({ name: 'diff', ...only(person), includePicks: false, ...everything });
    const reply = await admin.client.get(`/api/datasets/${first.id}/diff/${second.id}`);
    const diff = datasetDiffSchema.parse(expectStatus(reply, 200));
    expect(diff).toMatchObject({
      added: { kto: 1 },
      removed: { preference: 2 },
      kept: { sft: 1, preference: 3, kto: 4 },
      moved: 0,
    });
    expect(diff.addedRows).toMatchObject([{ completion: [{ content: 'new' }] }]);
    expect(diff.removedRows).toHaveLength(2);
  });

  it('is deleted with its files', async () => {
    const { person } = await sayEverything();
    const dataset = await freeze({ name: 'gone', ...only(person) });
    expectStatus(await admin.client.delete(`/api/datasets/${dataset.id}`), 204);
    expect(existsSync(folderOf(dataset))).toBe(false);
    expectStatus(await admin.client.get(`/api/datasets/${dataset.id}`), 404);
  });

  it('loses the rows of a person who is erased, and says how many', async () => {
    const { person } = await sayEverything();
    const asked = await world.ask(ben.user.id, { question: "Ben's?", answers: ['stays'] });
    await world.thumb(ben.user.id, asked, 'up');
    const dataset = await freeze({ name: 'erased', ...only(person, ben), ...everything });
    expectStatus(await person.client.delete('/api/me'), 204);
    const after = datasetSchema.parse((await admin.client.get(`/api/datasets/${dataset.id}`)).body);
    expect(after).toMatchObject({ contentHash: dataset.contentHash, erasedRows: 10 });
    expect(after.counts.kto).toEqual({ train: 1, held_out: 0 });
    expect(after.report.raters.map(({ userId }) => userId)).toEqual([ben.user.id]);
    expect(readRows(after, 'kto.train.jsonl').map((row) => row.completion[0].content)).toEqual(['stays']);
    expect(existsSync(path.join(folderOf(dataset), 'sft.train.jsonl'))).toBe(false);
    const { rowCount } = await db.query(`SELECT FROM dataset_items WHERE people @> ARRAY[$1]::uuid[]`, [
      person.user.id,
    ]);
    expect(rowCount).toBe(0);
  });

  it('loses them at the next start, too, when the server ended before it had', async () => {
    const { person } = await sayEverything();
    const dataset = await freeze({ name: 'cut off', ...only(person), ...everything });
    await db.query(`DELETE FROM users WHERE id = $1`, [person.user.id]);
    expect(readRows(dataset, 'kto.train.jsonl')).toHaveLength(4);
    await server.app.get(DatasetErasure).onApplicationBootstrap();
    const after = datasetSchema.parse((await admin.client.get(`/api/datasets/${dataset.id}`)).body);
    expect(after).toMatchObject({ erasedRows: 10, counts: { kto: { train: 0, held_out: 0 } } });
    expect(readdirSync(folderOf(dataset))).toEqual(['manifest.json']);
  });

  it('loses them at the next start when their files went before the server ended, whatever else is broken', async () => {
    const { person } = await sayEverything();
    const broken = await freeze({ name: 'unreadable', ...only(person), ...everything });
    const dataset = await freeze({ name: 'half erased', ...only(person), ...everything });
    const file = path.join(folderOf(broken), 'kto.train.jsonl');
    const whole = readFileSync(file);
    writeFileSync(file, 'nonsense\n');
    rmSync(path.join(folderOf(dataset), 'sft.train.jsonl'));
    await db.query(`DELETE FROM users WHERE id = $1`, [person.user.id]);
    const erasure = server.app.get(DatasetErasure);
    await erasure.onApplicationBootstrap();
    const read = async ({ id }: Dataset) =>
      datasetSchema.parse((await admin.client.get(`/api/datasets/${id}`)).body);
    expect(await read(dataset)).toMatchObject({ erasedRows: 10, counts: { sft: { train: 0, held_out: 0 } } });
    expect(readdirSync(folderOf(dataset))).toEqual(['manifest.json']);
    expect(await read(broken)).toMatchObject({ erasedRows: 0 });
    writeFileSync(file, whole);
    await erasure.onApplicationBootstrap();
    expect(await read(broken)).toMatchObject({ erasedRows: 10 });
  });
});

describe('files', () => {
  it.each(['trl-conversational', 'csv', 'oasst', 'fastchat'])(
    'as %s: a download that is uploaded again holds the same rows',
    async (format) => {
      const { person } = await sayEverything();
      const dataset = await freeze({ name: `${format} out`, ...only(person), ...everything });
      const query = `format=${format}&kind=preference`;
      const file = await admin.client.get(`/api/datasets/${dataset.id}/download?${query}`);
      expect(file.headers.get('content-disposition')).toContain(format);
      const back = datasetSchema.parse(
        expectStatus(
          await upload(
            { name: `${format} back`, fileName: 'rows', format, heldOutFraction: '0' },
            expectStatus(file, 200) as string,
          ),
          201,
        ),
      );
      const withoutEvents = (rows: { events: string[] }[]) => rows.map((row) => ({ ...row, events: [] }));
      expect(readRows(back, 'preference.train.jsonl')).toEqual(
        withoutEvents(readRows(dataset, 'preference.train.jsonl')),
      );
    },
  );

  it('of a selection that nobody froze hold what may be used, battles with those that nobody won', async () => {
    const { person } = await sayEverything();
    const get = async (query: Record<string, string>) => {
      const filter = JSON.stringify({ raterIds: [person.user.id] });
      const reply = await admin.client.get(
        `/api/feedback/export?${new URLSearchParams({ filter, ...query }).toString()}`,
      );
      return (expectStatus(reply, 200) as string).trim().split('\n');
    };
    const kto = await get({ format: 'trl-plain', kind: 'kto' });
    expect(kto.map((line) => JSON.parse(line))).toMatchObject([
      { prompt: 'Up?', completion: 'good', label: true },
      { prompt: 'Down?', completion: 'poor', label: false },
      { prompt: 'Bad?', completion: 'awful', label: false },
      { prompt: 'Bad?', completion: 'dreadful', label: false },
    ]);
    const battles = await get({ format: 'fastchat', kind: 'preference' });
    expect(battles.map((line) => JSON.parse(line).winner)).toEqual([
      'model_a',
      'model_b',
      'tie',
      'tie (bothbad)',
    ]);
    const csv = await get({ format: 'csv', kind: 'sft' });
    expect(csv[0]).toBe('id,events,messages,prompt,completion,models');
    expect(csv).toHaveLength(2);
  });

  it('are refused where the format has no place for the rows, and where the filter is none', async () => {
    const refused = await admin.client.get('/api/feedback/export?format=fastchat&kind=sft');
    expect(refused.body).toMatchObject({ code: 'DATASET_FORMAT_UNFIT' });
    for (const filter of ['{', '{"kinds":["shout"]}'])
      expect(
        (
          await admin.client.get(
            `/api/feedback/export?format=csv&kind=sft&filter=${encodeURIComponent(filter)}`,
          )
        ).body,
      ).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('that are broken import nothing, and every bad line is told', async () => {
    const lines = [
      '{"prompt":"a","completion":"b","label":true}',
      'nonsense',
      '{"prompt":"a","chosen":"b","rejected":"b"}',
      '{"question":"a"}',
    ];
    const reply = await upload(
      { name: 'broken', fileName: 'broken.jsonl', format: 'trl-conversational' },
      lines.join('\n'),
    );
    expect(reply.body).toMatchObject({
      code: 'DATASET_FILE_INVALID',
      details: {
        count: 3,
        problems: [
          'line 2: not JSON',
          expect.stringContaining('line 3: two of the answers are the same'),
          expect.stringContaining('line 4: no known columns'),
        ],
      },
    });
    const list = (await admin.client.get('/api/datasets')).body as Dataset[];
    expect(list.filter(({ name }) => name === 'broken')).toEqual([]);
    expect(readdirSync(inFolder('data/artefacts/datasets')).filter((name) => name.startsWith('.'))).toEqual(
      [],
    );
  });

  /** For tests/clients/trl_datasets.py, which feeds them to TRL. */
  it.runIf(exportsDir)('are left in ATTUNE_EXPORTS_DIR', async () => {
    const folder = exportsDir ?? '';
    mkdirSync(folder, { recursive: true });
    const judge = await invite(admin, 'user');
    await judge.client.patch('/api/me', { trainingConsent: true });
    for (let index = 0; index < 8; index++) {
      const ask = (verb: string) =>
        world.ask(judge.user.id, {
          question: `${verb} number ${index}?`,
          answers: [`Answer ${index}, yes.`, `"No", he said:\nnever ${index}.`],
          systemPrompt: index % 2 ? 'Be brief.' : '',
          before: index % 3 ? [] : ['你好', '你好！'],
        });
      await world.thumb(judge.user.id, await ask('Thumb'), index % 2 ? 'up' : 'down');
      await world.vote(judge.user.id, await ask('Vote'), index % 2 ? 'left' : 'right');
      await world.edit(judge.user.id, await ask('Edit'));
    }
    const dataset = await freeze({
      name: 'for TRL',
      ...only(judge),
      splitSettings: { heldOutFraction: 0.25 },
    });
    cpSync(folderOf(dataset), path.join(folder, 'snapshot'), { recursive: true });
    for (const format of ['trl-conversational', 'trl-plain', 'csv'])
      for (const kind of ['sft', 'preference', 'kto']) {
        const reply = await admin.client.get(
          `/api/datasets/${dataset.id}/download?format=${format}&kind=${kind}`,
        );
        const ending = format === 'csv' ? format : `${format}.jsonl`;
        writeFileSync(path.join(folder, `${kind}.${ending}`), expectStatus(reply, 200) as string);
      }
  });

  it('go into a dataset beside the feedback', async () => {
    const { person } = await sayEverything();
    const rows = ['{"text":"A document."}', '{"prompt":"Q","completion":"A","label":true}'].join('\n');
    const uploaded = datasetSchema.parse(
      (await upload({ name: 'mine', fileName: 'mine.jsonl', format: 'trl-conversational' }, rows)).body,
    );
    const both = await freeze({
      name: 'both',
      ...only(person),
      beside: [uploaded.id],
      ...everything,
    });
    expect(both.counts).toMatchObject({ kto: { train: 5 }, text: { train: 1 }, sft: { train: 1 } });
  });

  it('keep in a dataset beside the feedback the part that they had', async () => {
    const { person } = await sayEverything();
    const lines = Array.from({ length: 20 }, (_, index) =>
      JSON.stringify({ prompt: `Question ${index}`, completion: 'Answer', label: true }),
    );
    const query = { name: 'parts', fileName: 'parts.jsonl', format: 'trl-conversational' };
    const uploaded = datasetSchema.parse(
      (await upload({ ...query, heldOutFraction: '0.3', seed: '1' }, lines.join('\n'))).body,
    );
    const prompts = (dataset: Dataset, file: string) =>
      readRows(dataset, file)
        .map((row) => row.prompt)
        .filter((prompt) => typeof prompt === 'string')
        .sort();
    const before = prompts(uploaded, 'kto.held-out.jsonl');
    expect(before).toHaveLength(6);
    for (const seed of [2, 3]) {
      const splitSettings = { heldOutFraction: 0.1, seed };
      const both = await freeze({ name: 'parts', ...only(person), beside: [uploaded.id], splitSettings });
      expect(prompts(both, 'kto.held-out.jsonl')).toEqual(before);
    }
  });
});

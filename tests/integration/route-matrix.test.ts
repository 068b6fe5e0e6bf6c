import { randomUUID } from 'node:crypto';
import { ModulesContainer } from '@nestjs/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles, type CreatedApiKey } from '../../common/contracts/accounts.js';
import type { ErrorBody } from '../../common/contracts/errors.js';
import { listRoutes, type RouteEntry } from '../../server/openapi/route-table.js';
import {
  ApiClient,
  expectStatus,
  invite,
  setUpAdmin,
  type ApiReply,
  type Person,
} from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';
import { registerScriptedModel, ScriptedWorker } from '../support/scripted-worker.js';
import { insertDataset, ScriptedEstimates } from '../support/scripted-training.js';
import { startServerInProcess, type ServerInProcess } from '../support/server-in-process.js';
import { datasetRouteCases } from './dataset-route-cases.js';
import { promptSetRouteCases } from './prompt-set-route-cases.js';
import { ratingRouteCases } from './rating-route-cases.js';
import { rewardModelRouteCases } from './reward-model-route-cases.js';
import { roundRouteCases } from './round-route-cases.js';
import { newAnswer, routeCases as otherCases, type Call, type RouteCase, type World } from './route-cases.js';

const routeCases = {
  ...otherCases,
  ...datasetRouteCases,
  ...promptSetRouteCases,
  ...ratingRouteCases,
  ...rewardModelRouteCases,
  ...roundRouteCases,
};

interface Operation {
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: object;
}

const callers = ['nobody', ...roles] as const;
type Caller = (typeof callers)[number];

let server: ServerInProcess;
let worker: ScriptedWorker;
let estimates: ScriptedEstimates;
let world: World;
let people: Record<Exclude<Caller, 'nobody'>, Person>;
let stranger: Person;
let apiKey: string;
let routes: RouteEntry[];
let document: Document;

beforeAll(async () => {
  server = await startServerInProcess();
  worker = await ScriptedWorker.start(server, async (answer) => {
    await answer.say(`They do, with half of the brain, says ${answer.row.modelVersionId}.`);
    await answer.end();
  });
  estimates = new ScriptedEstimates(server.redisUrl);
  const versionId = await registerScriptedModel(server.databaseUrl);
  const admin = await setUpAdmin(server.url, server.databaseUrl);
  world = {
    admin,
    modelName: `scripted-${versionId}`,
    insertModel,
    insertDataset: () => insertDataset(server.databaseUrl),
    insertCandidate,
  };
  people = { admin, rater: await invite(admin, 'rater'), user: await invite(admin, 'user') };
  stranger = await invite(admin, 'user');
  apiKey = (expectStatus(await stranger.client.post('/api/keys', { name: 'matrix' }), 201) as CreatedApiKey)
    .key;
  routes = listRoutes(server.app.get(ModulesContainer));
  document = (await admin.client.get('/api/openapi.json')).body as Document;
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await estimates[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const keyOf = ({ method, path }: RouteEntry) => `${method} ${path}`;
const mayCall = ({ who }: RouteCase, caller: Caller) =>
  who === 'everyone' ||
  (caller !== 'nobody' &&
    (who === 'signed-in' || caller === 'admin' || (who === 'rater' && caller === 'rater')));

describe('every route', () => {
  it('has an entry in the matrix, and every entry a route', () => {
    expect(routes.map(keyOf).sort()).toEqual(Object.keys(routeCases).sort());
  });

  it('is known to the router, and every one of the router is described', () => {
    const { router } = server.app.getHttpAdapter().getInstance() as {
      router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
    };
    const real = router.stack.flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => `${method} ${route.path}`) : [],
    );
    expect(routes.map(keyOf).sort()).toEqual(real.sort());
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(described.sort()).toEqual(real.sort());
    expect(routes.filter(({ description }) => !description?.summary)).toEqual([]);
  });
});

const cases = Object.entries(routeCases);
const methodOf = (route: string) => route.split(' ')[0]?.toUpperCase() ?? '';

describe.each(cases.filter(([, { who }]) => who !== 'key'))('%s', (route, routeCase) => {
  it.each(callers)('answers %s as the matrix says, and as the document says', async (caller) => {
    const { spendsCaller, owned } = routeCase;
    const person =
      caller === 'nobody' ? null : spendsCaller ? await invite(world.admin, caller) : people[caller];
    const client = person?.client ?? new ApiClient(server.url);
    // A refusal must be about the caller, not about a thing that is not there: then somebody else's is named.
    const isAllowed = mayCall(routeCase, caller);
    const call = await routeCase.call(isAllowed && person ? person : stranger, world);
    const reply = await (call.file === undefined
      ? client.send(methodOf(route), call.path, call.body)
      : client.sendFile(call.path, call.file));
    if (!isAllowed) {
      expect([reply.status, codeOf(reply)]).toEqual(
        caller === 'nobody' ? [401, 'ACCOUNT_SIGN_IN_NEEDED'] : [403, 'ACCOUNT_FORBIDDEN'],
      );
      validate(operationOf(route).responses.default, reply);
      return;
    }
    expectGoodReply(route, routeCase, call, reply);
    if (owned && caller === 'user') await expectHidden(route, await routeCase.call(stranger, world));
  });
});

describe.each(cases.filter(([, { who }]) => who === 'key'))('%s', (route, routeCase) => {
  it('takes an API key, and nothing else', async () => {
    const call = await routeCase.call(stranger, world);
    const wrong: Record<string, string>[] = [
      {},
      { authorization: 'Bearer sk-attune-wrong' },
      { authorization: `Basic ${apiKey}` },
    ];
    for (const headers of wrong) {
      const refused = await people.admin.client.send(methodOf(route), call.path, call.body, headers);
      expect(refused.status).toBe(401);
      expect(refused.body).toMatchObject({ error: { code: 'invalid_api_key' } });
      validate(operationOf(route).responses.default, refused);
    }
    if (routeCase.unanswered) return;
    const client = new ApiClient(server.url);
    const headers = { authorization: `Bearer ${apiKey}` };
    expectGoodReply(
      route,
      routeCase,
      call,
      await client.send(methodOf(route), call.path, call.body, headers),
    );
  });
});

describe('every socket message', () => {
  it('is refused where it names what belongs to somebody else', async () => {
    const { conversationId, questionId, answerId } = await newAnswer(stranger);
    using socket = await ChatSocket.open(people.admin.client);
    for (const request of [
      { type: 'chat.send', conversationId, parentId: null, content: 'x' },
      { type: 'chat.send', conversationId, parentId: answerId, content: 'x' },
      { type: 'chat.regenerate', conversationId, parentId: questionId },
      { type: 'chat.continue', conversationId, messageId: answerId },
      { type: 'chat.stop', messageId: answerId },
      { type: 'conversation.watch', conversationId },
    ] as const)
      expect(await socket.request(request)).toMatchObject({
        ok: false,
        error: { code: 'RESOURCE_NOT_FOUND' },
      });
  });

  it('about a run is refused where it comes from somebody who is no admin', async () => {
    const watch = { type: 'run.watch', runId: null } as const;
    for (const person of [people.user, people.rater]) {
      using socket = await ChatSocket.open(person.client);
      expect(await socket.request(watch)).toMatchObject({
        ok: false,
        error: { code: 'ACCOUNT_FORBIDDEN', details: { role: 'admin' } },
      });
    }
    using socket = await ChatSocket.open(people.admin.client);
    expect(await socket.request(watch)).toMatchObject({ ok: true });
  });

  it('is refused before it can be sent by who is not signed in, or comes from another page', async () => {
    await expect(ChatSocket.open(new ApiClient(server.url))).rejects.toThrow('401');
    await expect(ChatSocket.open(people.user.client, { origin: 'https://evil.example' })).rejects.toThrow(
      '403',
    );
  });
});

function expectGoodReply(route: string, { status }: RouteCase, call: Call, reply: ApiReply): void {
  const { requestBody, responses } = operationOf(route);
  const [good = '', response] = Object.entries(responses).find(([key]) => key !== 'default') ?? [];
  expect([reply.status, reply.status === (status ?? Number(good)) ? null : reply.body]).toEqual([
    status ?? Number(good),
    null,
  ]);
  validate(status && status !== 503 ? responses.default : response, reply);
  if (call.body !== undefined) {
    const schema = requestBody?.content['application/json']?.schema;
    expect(schema, 'the document tells of the body').toBeDefined();
    assertValid(schema ?? {}, call.body);
  }
}

/** What is another's does not exist: the same answer as for an id that nobody has. */
async function expectHidden(route: string, call: Call): Promise<void> {
  const send = (path: string) => people.admin.client.send(methodOf(route), path, call.body);
  const reply = await send(call.path);
  expect([reply.status, codeOf(reply)]).toEqual([404, 'RESOURCE_NOT_FOUND']);
  const unknown = await send(call.path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, randomUUID()));
  expect(unknown.body).toEqual(reply.body);
}

function operationOf(route: string): Operation {
  const [method = '', path = ''] = route.split(' ');
  const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method];
  if (!operation) throw new Error(`${route} is not described.`);
  return operation;
}

function validate(response: Operation['responses'][string] | undefined, reply: ApiReply): void {
  if (!response?.content) {
    expect(reply.body).toBe('');
    return;
  }
  const mediaType = reply.headers.get('content-type')?.split(';')[0] ?? '';
  const schema = response.content[mediaType]?.schema;
  expect(schema, `${mediaType} is described`).toBeDefined();
  assertValid(schema ?? {}, reply.body);
}

const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
const compiled = new Map<object, ValidateFunction>();

function assertValid(schema: object, value: unknown): void {
  // References point into the document.
  const check = compiled.get(schema) ?? ajv.compile({ ...schema, components: document.components });
  compiled.set(schema, check);
  expect(check(value) ? [] : check.errors).toEqual([]);
}

function codeOf(reply: ApiReply): string {
  return (reply.body as ErrorBody).code;
}

async function insertModel(): Promise<string> {
  const db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  const [modelId, versionId] = [randomUUID(), randomUUID()];
  await db.query(
    `INSERT INTO models (id, name, source, path, size_bytes, sha256, architecture, parameters, context_tokens)
     VALUES ($1::uuid, $1::text, 'file:none', 'none', 1, $1::text, 'llama', 1, 512)`,
    [modelId],
  );
  await db.query(`INSERT INTO model_versions (id, model_id, name) VALUES ($1, $2, $3)`, [
    versionId,
    modelId,
    modelId,
  ]);
  await db.end();
  return modelId;
}

async function insertCandidate() {
  const db = new Client({ connectionString: server.databaseUrl });
  await db.connect();
  const modelId = await insertModel();
  const candidateId = randomUUID();
  await db.query(`INSERT INTO model_versions (id, model_id, name) VALUES ($1::uuid, $2, $1::text)`, [
    candidateId,
    modelId,
  ]);
  await db.end();
  return { modelId, candidateId, datasetId: await insertDataset(server.databaseUrl) };
}

/**
 * The matrix of routes: who may call each, with a call that succeeds. A route that is not here fails the test, and so does an entry
 * without a route.
 */
import { randomUUID } from 'node:crypto';
import type { CreatedApiKey, CreatedInvite } from '../../common/contracts/accounts.js';
import { initialPrices } from '../../common/contracts/costs.js';
import type { Conversation, Folder, Share } from '../../common/contracts/conversations.js';
import type { Evaluation } from '../../common/contracts/evaluations.js';
import type { FeedbackEvent, Guidelines } from '../../common/contracts/feedback.js';
import type { Download, ModelList } from '../../common/contracts/models.js';
import type { SendResult } from '../../common/contracts/socket.js';
import type { Completion } from '../../server/openai/completion-response.js';
import { expectStatus, newAccount, testPassword, type Person } from '../support/api-client.js';
import { ChatSocket } from '../support/chat-socket.js';

export interface Call {
  path: string;
  body?: unknown;
  /** Sent as the body as it is, instead. */
  file?: string;
}

/** What a call may need besides its owner. */
export interface World {
  admin: Person;
  /** Name of a model that answers. */
  modelName: string;
  insertModel(): Promise<string>;
  /** A dataset of pairs. @returns its id */
  insertDataset(): Promise<string>;
  /** A version beside the one that is live of its model, and pairs to judge it by. */
  insertCandidate(): Promise<{ modelId: string; candidateId: string; datasetId: string }>;
}

export interface RouteCase {
  /** `key`: whoever has an API key. */
  who: 'everyone' | 'signed-in' | 'rater' | 'admin' | 'key';
  /** Names something of a person's, which for everybody else does not exist. */
  owned?: boolean;
  /** Ends the account or the session that calls it. */
  spendsCaller?: boolean;
  /** Its good answer, where it is none of 2xx: said here why. */
  status?: number;
  /** Answered by a worker, for which this test has no model that embeds. */
  unanswered?: boolean;
  /** A call that is in order for `owner`. */
  call(owner: Person, world: World): Call | Promise<Call>;
}

const at = (path: string, body?: unknown) => () => ({ path, body });
const withNew =
  (make: (owner: Person, world: World) => Promise<string>, path: (id: string) => string, body?: unknown) =>
  async (owner: Person, world: World): Promise<Call> => ({ path: path(await make(owner, world)), body });

const newConversation = async ({ client }: Person) =>
  (expectStatus(await client.post('/api/conversations', { title: 'Whales' }), 201) as Conversation).id;
const newFolder = async ({ client }: Person) =>
  (expectStatus(await client.post('/api/folders', { name: 'Sea' }), 201) as Folder).id;
const newShare = async (owner: Person) => {
  const { conversationId } = await newAnswer(owner);
  const reply = await owner.client.post(`/api/conversations/${conversationId}/shares`);
  return expectStatus(reply, 201) as Share;
};
const newShareId = async (owner: Person) => (await newShare(owner)).id;
const newKey = async ({ client }: Person) =>
  (expectStatus(await client.post('/api/keys', { name: 'x' }), 201) as CreatedApiKey).id;
const newCompletion = async ({ client }: Person, { modelName: model }: World) => {
  const { key } = expectStatus(await client.post('/api/keys', { name: 'x' }), 201) as CreatedApiKey;
  const body = { model, messages: [{ role: 'user', content: 'Do whales sleep?' }] };
  const headers = { authorization: `Bearer ${key}` };
  const reply = await client.send('POST', '/v1/chat/completions', body, headers);
  return (expectStatus(reply, 200) as Completion).id;
};
const newInvite = async (_: Person, { admin }: World) =>
  expectStatus(await admin.client.post('/api/invites', { role: 'user' }), 201) as CreatedInvite;
const newInviteId = async (owner: Person, world: World) => (await newInvite(owner, world)).id;
const newInviteToken = async (owner: Person, world: World) =>
  (await newInvite(owner, world)).path.split('/').at(-1);
const newUser = async (owner: Person, world: World) => {
  const token = await newInviteToken(owner, world);
  const reply = await fetch(`${world.admin.client.url}/api/auth/accept-invite`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, ...newAccount('made') }),
  });
  return ((await reply.json()) as { id: string }).id;
};
const newDownload = async (_: Person, { admin }: World) => {
  const body = { source: 'file:/nowhere/to/be/found.gguf', name: `lost-${randomUUID()}` };
  return (expectStatus(await admin.client.post('/api/models', body), 202) as Download).id;
};
const newCancelledDownload = async (owner: Person, world: World) => {
  const id = await newDownload(owner, world);
  expectStatus(await world.admin.client.delete(`/api/downloads/${id}`), 204);
  return id;
};

/** A question of the owner's with its answer. */
export async function newAnswer(
  owner: Person,
): Promise<{ conversationId: string; questionId: string; answerId: string }> {
  const conversationId = await newConversation(owner);
  using socket = await ChatSocket.open(owner.client);
  await socket.ask({ type: 'conversation.watch', conversationId }).catch(() => undefined);
  const { userMessage, answer }: SendResult = await socket.ask({
    type: 'chat.send',
    conversationId,
    parentId: null,
    content: 'Do whales sleep?',
  });
  await socket.waitForEnd(answer.id);
  return { conversationId, questionId: userMessage?.id ?? '', answerId: answer.id };
}
const newComparison = async (owner: Person) => {
  const conversationId = await newConversation(owner);
  using socket = await ChatSocket.open(owner.client);
  await socket.request({ type: 'conversation.watch', conversationId });
  const { answer, compared }: SendResult = await socket.ask({
    type: 'chat.compare',
    conversationId,
    parentId: null,
    content: 'Do whales dream?',
  });
  await Promise.all([answer.id, compared?.right.id ?? ''].map((id) => socket.waitForEnd(id)));
  return compared?.comparison.id ?? '';
};
const newThumb = async (owner: Person) => {
  const reply = await owner.client.send('PUT', `/api/messages/${await newAnswerId(owner)}/thumb`, {
    value: 'up',
  });
  return (expectStatus(reply, 200) as FeedbackEvent).id;
};
const newAnswerId = async (owner: Person) => (await newAnswer(owner)).answerId;

const newRun = async (world: World) => {
  const { body } = await world.admin.client.get('/api/models');
  const { versions } = body as ModelList;
  const startVersionId = versions.find(({ name }) => name === world.modelName)?.id;
  return { config: { kind: 'dpo' }, datasetId: await world.insertDataset(), startVersionId };
};
const newRunId = async (_: Person, world: World) =>
  (expectStatus(await world.admin.client.post('/api/runs', await newRun(world)), 201) as { id: string }).id;
const newCancelledRun = async (owner: Person, world: World) => {
  const id = await newRunId(owner, world);
  expectStatus(await world.admin.client.post(`/api/runs/${id}/cancel`), 200);
  return id;
};

export const routeCases: Record<string, RouteCase> = {
  'get /health': { who: 'everyone', call: at('/health') },
  // 503: no inference worker tells of itself here.
  'get /ready': { who: 'everyone', status: 503, call: at('/ready') },
  'get /metrics': { who: 'everyone', call: at('/metrics') },
  'get /api/openapi.json': { who: 'everyone', call: at('/api/openapi.json') },

  'get /api/auth/state': { who: 'everyone', call: at('/api/auth/state') },
  // 409: the first account has been made.
  'post /api/auth/setup': {
    who: 'everyone',
    status: 409,
    call: () => ({ path: '/api/auth/setup', body: { code: 'x', ...newAccount('late') } }),
  },
  'post /api/auth/login': {
    who: 'everyone',
    call: ({ user }) => ({ path: '/api/auth/login', body: { email: user.email, password: testPassword } }),
  },
  'post /api/auth/logout': { who: 'everyone', spendsCaller: true, call: at('/api/auth/logout') },
  'post /api/auth/accept-invite': {
    who: 'everyone',
    spendsCaller: true,
    call: async (owner, world) => ({
      path: '/api/auth/accept-invite',
      body: { token: await newInviteToken(owner, world), ...newAccount('guest') },
    }),
  },

  'patch /api/me': {
    who: 'signed-in',
    call: at('/api/me', { name: 'Somebody else', trainingConsent: true }),
  },
  'post /api/me/password': {
    who: 'signed-in',
    call: at('/api/me/password', { current: testPassword, password: testPassword }),
  },
  'delete /api/me': { who: 'signed-in', spendsCaller: true, call: at('/api/me') },
  'get /api/me/feedback': { who: 'signed-in', call: at('/api/me/feedback') },
  'delete /api/me/feedback/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newThumb, (id) => `/api/me/feedback/${id}`),
  },

  'get /api/keys': { who: 'signed-in', call: at('/api/keys') },
  'post /api/keys': { who: 'signed-in', call: at('/api/keys', { name: 'laptop' }) },
  'delete /api/keys/:id': { who: 'signed-in', owned: true, call: withNew(newKey, (id) => `/api/keys/${id}`) },

  'get /api/invites': { who: 'admin', call: at('/api/invites') },
  'post /api/invites': { who: 'admin', call: at('/api/invites', { role: 'rater', days: 3 }) },
  'delete /api/invites/:id': { who: 'admin', call: withNew(newInviteId, (id) => `/api/invites/${id}`) },

  'get /api/users': { who: 'admin', call: at('/api/users') },
  'patch /api/users/:id': {
    who: 'admin',
    call: withNew(newUser, (id) => `/api/users/${id}`, { role: 'rater', disabled: true }),
  },
  'delete /api/users/:id': { who: 'admin', call: withNew(newUser, (id) => `/api/users/${id}`) },

  'get /api/models': { who: 'signed-in', call: at('/api/models') },
  'post /api/models': {
    who: 'admin',
    call: () => ({ path: '/api/models', body: { source: 'file:/nowhere.gguf', name: `m-${randomUUID()}` } }),
  },
  'delete /api/models/:id': {
    who: 'admin',
    call: withNew(
      (_, world) => world.insertModel(),
      (id) => `/api/models/${id}`,
    ),
  },
  'post /api/models/:id/default': {
    who: 'admin',
    call: async (_, { admin, modelName }) => {
      const { body } = await admin.client.get('/api/models');
      const { versions } = body as { versions: { name: string; modelId: string }[] };
      const id = versions.find(({ name }) => name === modelName)?.modelId;
      return { path: `/api/models/${id}/default` };
    },
  },
  'get /api/catalogue': { who: 'admin', call: at('/api/catalogue') },
  'delete /api/downloads/:id': { who: 'admin', call: withNew(newDownload, (id) => `/api/downloads/${id}`) },
  'post /api/downloads/:id/forget': {
    who: 'admin',
    call: withNew(newCancelledDownload, (id) => `/api/downloads/${id}/forget`),
  },
  'post /api/downloads/:id/resume': {
    who: 'admin',
    call: withNew(newCancelledDownload, (id) => `/api/downloads/${id}/resume`),
  },

  'get /api/runs': { who: 'admin', call: at('/api/runs') },
  'post /api/runs': {
    who: 'admin',
    call: async (_, world) => ({ path: '/api/runs', body: await newRun(world) }),
  },
  'post /api/runs/estimate': {
    who: 'admin',
    call: async (_, world) => ({ path: '/api/runs/estimate', body: await newRun(world) }),
  },
  'get /api/runs/proposal': {
    who: 'admin',
    call: async (_, world) => ({ path: `/api/runs/proposal?datasetId=${await world.insertDataset()}` }),
  },
  'get /api/runs/chat-effect': { who: 'admin', call: at('/api/runs/chat-effect') },
  'get /api/runs/:id': { who: 'admin', call: withNew(newRunId, (id) => `/api/runs/${id}`) },
  'patch /api/runs/:id': {
    who: 'admin',
    call: withNew(newRunId, (id) => `/api/runs/${id}`, { name: 'tonight', priority: 'low' }),
  },
  'delete /api/runs/:id': { who: 'admin', call: withNew(newCancelledRun, (id) => `/api/runs/${id}`) },
  'get /api/runs/:id/points': { who: 'admin', call: withNew(newRunId, (id) => `/api/runs/${id}/points`) },
  'get /api/runs/:id/points.csv': {
    who: 'admin',
    call: withNew(newRunId, (id) => `/api/runs/${id}/points.csv`),
  },
  'get /api/runs/:id/rollouts': {
    who: 'admin',
    call: withNew(newRunId, (id) => `/api/runs/${id}/rollouts`),
  },
  'post /api/runs/:id/cancel': { who: 'admin', call: withNew(newRunId, (id) => `/api/runs/${id}/cancel`) },
  'post /api/runs/:id/resume': {
    who: 'admin',
    call: withNew(newCancelledRun, (id) => `/api/runs/${id}/resume`),
  },
  'post /api/runs/:id/retry': {
    who: 'admin',
    call: withNew(newCancelledRun, (id) => `/api/runs/${id}/retry`),
  },

  'get /api/conversations': { who: 'signed-in', call: at('/api/conversations') },
  'post /api/conversations': { who: 'signed-in', call: at('/api/conversations', { title: 'Whales' }) },
  'get /api/conversations/:id': {
    who: 'signed-in',
    owned: true,
    call: async (owner) => ({ path: `/api/conversations/${(await newAnswer(owner)).conversationId}` }),
  },
  'patch /api/conversations/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newConversation, (id) => `/api/conversations/${id}`, { pinned: true, draft: 'And' }),
  },
  'delete /api/conversations/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newConversation, (id) => `/api/conversations/${id}`),
  },
  'get /api/conversations/:id/export': {
    who: 'signed-in',
    owned: true,
    call: async (owner) => ({
      path: `/api/conversations/${(await newAnswer(owner)).conversationId}/export?format=json`,
    }),
  },
  'post /api/conversations/import': {
    who: 'signed-in',
    call: async (_, { admin }) => {
      const { conversationId } = await newAnswer(admin);
      const { body } = await admin.client.get(`/api/conversations/${conversationId}/export?format=json`);
      return { path: '/api/conversations/import', body };
    },
  },
  'get /api/conversations/:id/shares': {
    who: 'signed-in',
    owned: true,
    call: withNew(newConversation, (id) => `/api/conversations/${id}/shares`),
  },
  'post /api/conversations/:id/shares': {
    who: 'signed-in',
    owned: true,
    call: async (owner) => ({ path: `/api/conversations/${(await newAnswer(owner)).conversationId}/shares` }),
  },
  'delete /api/shares/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newShareId, (id) => `/api/shares/${id}`),
  },
  'get /api/shared/:token': {
    who: 'everyone',
    call: async (owner) => ({ path: `${(await newShare(owner)).path}`.replace('/share/', '/api/shared/') }),
  },
  'get /api/conversations/:id/feedback': {
    who: 'signed-in',
    owned: true,
    call: withNew(newConversation, (id) => `/api/conversations/${id}/feedback`),
  },
  'get /api/folders': { who: 'signed-in', call: at('/api/folders') },
  'post /api/folders': { who: 'signed-in', call: at('/api/folders', { name: 'Sea' }) },
  'patch /api/folders/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newFolder, (id) => `/api/folders/${id}`, { name: 'Ocean', position: 2 }),
  },
  'delete /api/folders/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newFolder, (id) => `/api/folders/${id}`),
  },
  'get /api/search': { who: 'signed-in', call: at('/api/search?q=whales') },

  'patch /api/messages/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newAnswerId, (id) => `/api/messages/${id}`, { content: 'They do.' }),
  },
  'delete /api/messages/:id': {
    who: 'signed-in',
    owned: true,
    call: withNew(newAnswerId, (id) => `/api/messages/${id}`),
  },
  'get /api/messages/:id/log-probs': {
    who: 'signed-in',
    owned: true,
    call: withNew(newAnswerId, (id) => `/api/messages/${id}/log-probs`),
  },
  'put /api/messages/:id/thumb': {
    who: 'signed-in',
    owned: true,
    call: withNew(newAnswerId, (id) => `/api/messages/${id}/thumb`, { value: 'up' }),
  },
  'post /api/comparisons/:id/vote': {
    who: 'signed-in',
    owned: true,
    call: withNew(newComparison, (id) => `/api/comparisons/${id}/vote`, { outcome: 'tie' }),
  },
  'post /api/comparisons/:id/skip': {
    who: 'signed-in',
    owned: true,
    call: withNew(newComparison, (id) => `/api/comparisons/${id}/skip`),
  },
  'get /api/comparisons/settings': { who: 'admin', call: at('/api/comparisons/settings') },
  'put /api/comparisons/settings': {
    who: 'admin',
    call: at('/api/comparisons/settings', { share: 0, candidates: { type: 'seeds' } }),
  },
  'get /api/feedback/guidelines': { who: 'signed-in', call: at('/api/feedback/guidelines') },
  'put /api/feedback/guidelines': {
    who: 'admin',
    call: async (_, { admin }) => {
      const { version: _version, ...lists } = (await admin.client.get('/api/feedback/guidelines'))
        .body as Guidelines;
      return { path: '/api/feedback/guidelines', body: lists };
    },
  },
  'get /api/feedback': { who: 'admin', call: at('/api/feedback?kinds=thumb&isUsable=false&limit=5') },
  'get /api/feedback/summary': { who: 'admin', call: at('/api/feedback/summary?tags=helpful') },
  'get /api/feedback/events/:id': {
    who: 'admin',
    call: withNew(newThumb, (id) => `/api/feedback/events/${id}`),
  },
  'post /api/feedback/events/:id/exclusions': {
    who: 'admin',
    call: withNew(newThumb, (id) => `/api/feedback/events/${id}/exclusions`, {
      isExcluded: true,
      reason: 'Spam',
    }),
  },
  'get /api/leaderboard': { who: 'admin', call: at('/api/leaderboard?isLengthControlled=true') },

  'post /api/evaluations': {
    who: 'admin',
    call: async (_, { insertCandidate }) => {
      const { candidateId, datasetId } = await insertCandidate();
      return { path: '/api/evaluations', body: { candidateId, datasetId } };
    },
  },
  'get /api/evaluations': { who: 'admin', call: at('/api/evaluations') },
  'get /api/evaluations/:id': {
    who: 'admin',
    call: async (_, { admin, insertCandidate }) => {
      const { candidateId, datasetId } = await insertCandidate();
      const reply = await admin.client.post('/api/evaluations', { candidateId, datasetId });
      return { path: `/api/evaluations/${(expectStatus(reply, 202) as Evaluation).id}` };
    },
  },
  'get /api/evaluations/:id/answers': {
    who: 'admin',
    call: async (_, { admin, insertCandidate }) => {
      const { candidateId, datasetId } = await insertCandidate();
      const reply = await admin.client.post('/api/evaluations', { candidateId, datasetId });
      return { path: `/api/evaluations/${(expectStatus(reply, 202) as Evaluation).id}/answers` };
    },
  },
  'get /api/versions/:id/standing': {
    who: 'admin',
    call: async (_, { insertCandidate }) => ({
      path: `/api/versions/${(await insertCandidate()).candidateId}/standing`,
    }),
  },
  'post /api/versions/:id/promote': {
    who: 'admin',
    call: async (_, { insertCandidate }) => ({
      path: `/api/versions/${(await insertCandidate()).candidateId}/promote`,
      body: { reason: 'The matrix of routes wants it so.' },
    }),
  },
  'post /api/models/:id/rollback': {
    who: 'admin',
    call: async (_, { admin, insertCandidate }) => {
      const { modelId, candidateId } = await insertCandidate();
      const reason = 'The matrix of routes wants it so.';
      expectStatus(await admin.client.post(`/api/versions/${candidateId}/promote`, { reason }), 200);
      return { path: `/api/models/${modelId}/rollback` };
    },
  },
  'get /api/versions/:id/lineage': {
    who: 'admin',
    call: async (_, { insertCandidate }) => ({
      path: `/api/versions/${(await insertCandidate()).candidateId}/lineage`,
    }),
  },
  'get /api/versions/:id/card': {
    who: 'admin',
    call: async (_, { insertCandidate }) => ({
      path: `/api/versions/${(await insertCandidate()).candidateId}/card`,
    }),
  },
  'get /api/datasets/:id/versions': {
    who: 'admin',
    call: async (_, { insertDataset }) => ({ path: `/api/datasets/${await insertDataset()}/versions` }),
  },
  'get /api/costs': { who: 'admin', call: at('/api/costs?from=2026-01-01&to=2026-12-31') },
  'get /api/costs/prices': { who: 'admin', call: at('/api/costs/prices') },
  'put /api/costs/prices': { who: 'admin', call: at('/api/costs/prices', initialPrices) },
  'get /api/costs/runs/:id': { who: 'admin', call: withNew(newRunId, (id) => `/api/costs/runs/${id}`) },
  'get /api/costs/answers/:id': {
    who: 'admin',
    call: withNew(newAnswerId, (id) => `/api/costs/answers/${id}`),
  },
  'get /api/canaries': { who: 'admin', call: at('/api/canaries') },
  'put /api/versions/:id/canary': {
    who: 'admin',
    call: async (_, { insertCandidate }) => ({
      path: `/api/versions/${(await insertCandidate()).candidateId}/canary`,
      body: { share: 10 },
    }),
  },
  'delete /api/versions/:id/canary': {
    who: 'admin',
    call: async (_, { admin, insertCandidate }) => {
      const path = `/api/versions/${(await insertCandidate()).candidateId}/canary`;
      expectStatus(await admin.client.send('PUT', path, { share: 10 }), 200);
      return { path };
    },
  },
  'get /api/me/pin': { who: 'signed-in', call: at('/api/me/pin') },
  'put /api/me/pin': {
    who: 'signed-in',
    call: async (_, { insertCandidate }) => ({
      path: '/api/me/pin',
      body: { versionId: (await insertCandidate()).candidateId },
    }),
  },
  'delete /api/me/pin': { who: 'signed-in', call: at('/api/me/pin') },
  'put /api/users/:id/pin': {
    who: 'admin',
    call: async (caller, world) => {
      const { candidateId } = await world.insertCandidate();
      return { path: `/api/users/${await newUser(caller, world)}/pin`, body: { versionId: candidateId } };
    },
  },
  'delete /api/users/:id/pin': { who: 'admin', call: withNew(newUser, (id) => `/api/users/${id}/pin`) },
  'get /api/promotions': { who: 'admin', call: at('/api/promotions') },

  'get /v1/models': { who: 'key', call: at('/v1/models') },
  'get /v1/models/:model': { who: 'key', call: (_, { modelName }) => ({ path: `/v1/models/${modelName}` }) },
  'post /v1/chat/completions': {
    who: 'key',
    call: (_, { modelName: model }) => ({
      path: '/v1/chat/completions',
      body: { model, messages: [{ role: 'user', content: 'Do whales sleep?' }] },
    }),
  },
  'post /v1/chat/completions/:id/feedback': {
    who: 'key',
    call: withNew(newCompletion, (id) => `/v1/chat/completions/${id}/feedback`, {
      kind: 'thumb',
      value: 'up',
      tags: ['helpful'],
    }),
  },
  'post /v1/embeddings': {
    who: 'key',
    unanswered: true,
    call: (_, { modelName: model }) => ({ path: '/v1/embeddings', body: { model, input: 'whales' } }),
  },
};

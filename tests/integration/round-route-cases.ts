/** The matrix of routes, as far as rounds go. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Round } from '../../common/contracts/rounds.js';
import { expectStatus } from '../support/api-client.js';
import type { RouteCase, World } from './route-cases.js';

/** Feedback that nobody gives: a round of it fails at once. */
const plan = { data: { filter: { from: '2999-01-01T00:00:00.000Z' } } };

async function newRound({ admin, insertModel }: World): Promise<string> {
  const modelId = await insertModel();
  expectStatus(await admin.client.send('PUT', `/api/models/${modelId}/round-plan`, plan), 200);
  return (expectStatus(await admin.client.post(`/api/models/${modelId}/rounds`), 201) as Round).id;
}

async function newFailedRound(world: World): Promise<string> {
  const id = await newRound(world);
  for (;;) {
    const { state } = expectStatus(await world.admin.client.get(`/api/rounds/${id}`), 200) as Round;
    if (state === 'failed') return id;
    await delay(20);
  }
}

const ofModel =
  (path: string, body?: unknown): RouteCase['call'] =>
  async (_, { insertModel }) => ({ path: `/api/models/${await insertModel()}/${path}`, body });
const ofRound =
  (make: (world: World) => Promise<string>, path = '', place = '/api/rounds'): RouteCase['call'] =>
  async (_, world) => ({ path: `${place}/${await make(world)}${path}` });

export const roundRouteCases: Record<string, RouteCase> = {
  'get /api/models/:id/circle': { who: 'admin', call: ofModel('circle') },
  'put /api/models/:id/round-plan': { who: 'admin', call: ofModel('round-plan', plan) },
  'post /api/models/:id/rounds': { who: 'admin', call: ofModel('rounds') },
  'get /api/rounds/:id': { who: 'admin', call: ofRound(newRound) },
  'get /api/costs/rounds/:id': { who: 'admin', call: ofRound(newRound, '', '/api/costs/rounds') },
  // 409: a round asks only once a version has been trained and judged.
  'post /api/rounds/:id/approve': { who: 'admin', status: 409, call: ofRound(newRound, '/approve') },
  'post /api/rounds/:id/decline': { who: 'admin', status: 409, call: ofRound(newRound, '/decline') },
  'post /api/rounds/:id/retry': { who: 'admin', call: ofRound(newFailedRound, '/retry') },
  'post /api/rounds/:id/cancel': { who: 'admin', call: ofRound(newRound, '/cancel') },
};

/** The matrix of routes, as far as raters' queues go. */
import { vi } from 'vitest';
import type { Dataset } from '../../common/contracts/datasets.js';
import type { NextRating, RatingQueue } from '../../common/contracts/rating-queues.js';
import { expectStatus, type Person } from '../support/api-client.js';
import type { RouteCase, World } from './route-cases.js';

const pairs = ['Do whales sing?', 'Do whales sleep?', 'Do whales dream?', 'Do whales fly?'].map((prompt) =>
  JSON.stringify({ prompt, chosen: 'They may.', rejected: 'No idea.' }),
);
const uploadPath =
  '/api/datasets/upload?name=pairs&fileName=pairs.jsonl&format=trl-conversational&heldOutFraction=0.5';

async function newQueueBody({ admin, insertCandidate }: World) {
  const reply = await admin.client.sendFile(uploadPath, pairs.join('\n'));
  const { id: datasetId } = expectStatus(reply, 201) as Dataset;
  const [first, second] = [await insertCandidate(), await insertCandidate()];
  const prompts = { type: 'dataset', datasetId };
  return {
    name: 'Blind',
    firstId: first.candidateId,
    secondId: second.candidateId,
    prompts,
    ratersPerPair: 20,
  };
}

async function newQueueId(world: World): Promise<string> {
  const reply = await world.admin.client.post('/api/rating-queues', await newQueueBody(world));
  return (expectStatus(reply, 201) as RatingQueue).id;
}

/** A pair that a rater was given; where the caller may not rate, one of an admin's. */
async function newTask(owner: Person, world: World): Promise<string> {
  await newQueueId(world);
  const { client } = owner.user.role === 'user' ? world.admin : owner;
  return vi.waitFor(
    async () => {
      const { task } = expectStatus(await client.post('/api/ratings/next'), 200) as NextRating;
      if (!task) throw new Error('no pair is ready yet');
      return task.pairId;
    },
    { timeout: 20_000, interval: 50 },
  );
}

export const ratingRouteCases: Record<string, RouteCase> = {
  'get /api/rating-queues': { who: 'admin', call: () => ({ path: '/api/rating-queues' }) },
  'post /api/rating-queues': {
    who: 'admin',
    call: async (_, world) => ({ path: '/api/rating-queues', body: await newQueueBody(world) }),
  },
  'patch /api/rating-queues/:id': {
    who: 'admin',
    call: async (_, world) => ({
      path: `/api/rating-queues/${await newQueueId(world)}`,
      body: { ratersPerPair: 2, isOpen: false },
    }),
  },
  'post /api/ratings/next': { who: 'rater', call: () => ({ path: '/api/ratings/next' }) },
  'post /api/ratings/:pairId/vote': {
    who: 'rater',
    call: async (owner, world) => ({
      path: `/api/ratings/${await newTask(owner, world)}/vote`,
      body: { outcome: 'left' },
    }),
  },
  'post /api/ratings/:pairId/skip': {
    who: 'rater',
    call: async (owner, world) => ({ path: `/api/ratings/${await newTask(owner, world)}/skip` }),
  },
};

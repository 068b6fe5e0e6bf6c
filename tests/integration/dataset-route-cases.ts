/** The matrix of routes, as far as datasets go. */
import type { Dataset } from '../../common/contracts/datasets.js';
import { expectStatus, type Person } from '../support/api-client.js';
import { newAnswer, type Call, type RouteCase, type World } from './route-cases.js';

const rows = ['{"prompt":"Do whales sing?","completion":"They do.","label":true}', '{"text":"Whales sing."}'];
const file = rows.join('\n');
const uploadPath = '/api/datasets/upload?name=whales&fileName=whales.jsonl&format=trl-conversational';

async function newDataset({ admin }: World): Promise<string> {
  const reply = await admin.client.sendFile(uploadPath, file);
  return (expectStatus(reply, 201) as Dataset).id;
}

/** Feedback of somebody who allows training with it. */
async function giveFeedback(owner: Person, { admin }: World): Promise<void> {
  const giver = owner.user.role === 'admin' ? owner : admin;
  await giver.client.patch('/api/me', { trainingConsent: true });
  const { answerId } = await newAnswer(giver);
  expectStatus(await giver.client.send('PUT', `/api/messages/${answerId}/thumb`, { value: 'up' }), 200);
}

const ofDataset =
  (path: string) =>
  async (_: Person, world: World): Promise<Call> => ({
    path: `/api/datasets/${await newDataset(world)}${path}`,
  });

export const datasetRouteCases: Record<string, RouteCase> = {
  'get /api/datasets': { who: 'admin', call: () => ({ path: '/api/datasets' }) },
  'post /api/datasets': {
    who: 'admin',
    call: async (owner, world) => {
      await giveFeedback(owner, world);
      return { path: '/api/datasets', body: { name: 'whales' } };
    },
  },
  'post /api/datasets/preview': {
    who: 'admin',
    call: async (owner, world) => {
      await giveFeedback(owner, world);
      return { path: '/api/datasets/preview', body: {} };
    },
  },
  'post /api/datasets/upload': { who: 'admin', call: () => ({ path: uploadPath, file }) },
  'get /api/datasets/:id': { who: 'admin', call: ofDataset('') },
  'get /api/datasets/:id/items': { who: 'admin', call: ofDataset('/items?kind=kto&split=train') },
  'get /api/datasets/:id/diff/:newerId': {
    who: 'admin',
    call: async (_, world) => ({
      path: `/api/datasets/${await newDataset(world)}/diff/${await newDataset(world)}`,
    }),
  },
  'get /api/datasets/:id/download': {
    who: 'admin',
    call: ofDataset('/download?format=trl-plain&kind=text'),
  },
  'delete /api/datasets/:id': { who: 'admin', call: ofDataset('') },
  'get /api/feedback/export': {
    who: 'admin',
    call: () => ({ path: '/api/feedback/export?format=csv&kind=kto' }),
  },
};

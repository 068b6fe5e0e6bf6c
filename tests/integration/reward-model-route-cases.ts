/** The matrix of routes, as far as reward models go. */
import { expectStatus } from '../support/api-client.js';
import { newAnswer, type RouteCase } from './route-cases.js';

export const rewardModelRouteCases: Record<string, RouteCase> = {
  'get /api/reward-models': { who: 'admin', call: () => ({ path: '/api/reward-models' }) },
  'put /api/models/:id/judge': {
    who: 'admin',
    call: async (_, { insertCandidate }) => ({
      path: `/api/models/${(await insertCandidate()).modelId}/judge`,
      body: { versionId: null },
    }),
  },
  // 422: no reward model has been trained here.
  'post /api/feedback/events/:id/scores': {
    who: 'admin',
    status: 422,
    call: async (_, { admin }) => {
      await admin.client.patch('/api/me', { trainingConsent: true });
      const { answerId } = await newAnswer(admin);
      const reply = await admin.client.send('PUT', `/api/messages/${answerId}/thumb`, { value: 'up' });
      return { path: `/api/feedback/events/${(expectStatus(reply, 200) as { id: string }).id}/scores` };
    },
  },
};

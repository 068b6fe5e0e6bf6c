/** The matrix of routes, for prompt sets. */
import type { Prompt, PromptSet } from '../../common/contracts/prompt-sets.js';
import { expectStatus, type Person } from '../support/api-client.js';
import type { RouteCase, World } from './route-cases.js';

const set = { name: 'Whales', purpose: 'training' };
const prompt = { messages: [{ role: 'user', content: 'Do whales sleep?' }], checks: [{ kind: 'json' }] };
const file = `${JSON.stringify({ prompt: 'Do whales sleep?' })}\n`;
const importPath = '/api/prompt-sets/import?name=Whales&purpose=training&fileName=whales.jsonl';

const newSet = async (_: Person, { admin }: World) =>
  (expectStatus(await admin.client.post('/api/prompt-sets', set), 201) as PromptSet).id;
const newPrompt = async (owner: Person, world: World) => {
  const path = `/api/prompt-sets/${await newSet(owner, world)}/prompts`;
  return (expectStatus(await world.admin.client.post(path, prompt), 201) as Prompt).id;
};
const withSet =
  (ending = '', body?: unknown): RouteCase['call'] =>
  async (owner, world) => ({ path: `/api/prompt-sets/${await newSet(owner, world)}${ending}`, body });

export const promptSetRouteCases: Record<string, RouteCase> = {
  'get /api/prompt-sets': { who: 'admin', call: () => ({ path: '/api/prompt-sets' }) },
  'post /api/prompt-sets': { who: 'admin', call: () => ({ path: '/api/prompt-sets', body: set }) },
  'post /api/prompt-sets/import': { who: 'admin', call: () => ({ path: importPath, file }) },
  'get /api/prompt-sets/:id': { who: 'admin', call: withSet() },
  'patch /api/prompt-sets/:id': { who: 'admin', call: withSet('', { name: 'Blue whales' }) },
  'delete /api/prompt-sets/:id': { who: 'admin', call: withSet() },
  'post /api/prompt-sets/:id/copy': { who: 'admin', call: withSet('/copy', { name: 'Whales too' }) },
  'get /api/prompt-sets/:id/export': { who: 'admin', call: withSet('/export') },
  'get /api/prompt-sets/:id/prompts': { who: 'admin', call: withSet('/prompts') },
  'post /api/prompt-sets/:id/prompts': { who: 'admin', call: withSet('/prompts', prompt) },
  'put /api/prompts/:id': {
    who: 'admin',
    call: async (owner, world) => ({ path: `/api/prompts/${await newPrompt(owner, world)}`, body: prompt }),
  },
  'delete /api/prompts/:id': {
    who: 'admin',
    call: async (owner, world) => ({ path: `/api/prompts/${await newPrompt(owner, world)}` }),
  },
};

import type { CreatedApiKey } from '../../common/contracts/accounts.js';
import { modelListSchema } from '../../common/contracts/models.js';
import { expectStatus, type ApiClient } from './api-client.js';

export interface Asked {
  prompts: readonly string[];
  /** Answers to each prompt. */
  each: number;
  holds(answer: string): boolean;
}

interface Completion {
  choices: { message: { content: string } }[];
}

/** What is live answers each prompt several times at temperature 1. @returns the share of answers of the kind, 0 to 1 */
export async function answeredShare(client: ApiClient, { prompts, each, holds }: Asked): Promise<number> {
  const { key } = expectStatus(await client.post('/api/keys', { name: 'asking' }), 201) as CreatedApiKey;
  const { versions } = modelListSchema.parse((await client.get('/api/models')).body);
  const model = versions.find(({ isLive }) => isLive)?.name;
  const answers = await Promise.all(
    prompts.map(async (content) => {
      const messages = [{ role: 'user', content }];
      const body = { model, messages, n: each, temperature: 1, max_tokens: 64, seed: 1 };
      const authorization = `Bearer ${key}`;
      const reply = await client.send('POST', '/v1/chat/completions', body, { authorization });
      return (expectStatus(reply, 200) as Completion).choices.map(({ message }) => message.content);
    }),
  );
  const all = answers.flat();
  return all.filter(holds).length / all.length;
}

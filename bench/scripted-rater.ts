/** Somebody with a taste, at the page: asks, chooses between two answers, and asks for the best of several. */
import { z } from 'zod';
import type { WebSocket } from 'ws';
import { defaultSampling, type Sampling } from '../common/contracts/sampling.js';
import type { ServerMessage } from '../common/contracts/socket.js';
import { next, request, type ChatPeople } from './chat-people.js';
import { chooseShorter } from './short-taste.js';

const created = z.object({ id: z.uuid() });
const keySchema = z.object({ key: z.string() });
const completionSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })),
});

/** The model's own distribution; a long answer is cut. */
export const ratedSampling: Sampling = {
  ...defaultSampling,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  maxTokens: 96,
};

export interface TimedAnswer {
  text: string;
  endMs: number;
}

export class ScriptedRater {
  private constructor(
    private readonly people: ChatPeople,
    private readonly key: string,
  ) {}

  /** Agrees to training, and is offered no comparison but those that are asked for. */
  static async create(people: ChatPeople): Promise<ScriptedRater> {
    await people.call('PATCH', '/api/me', { trainingConsent: true });
    await people.call('PUT', '/api/comparisons/settings', { share: 0, candidates: { type: 'seeds' } });
    const { key } = keySchema.parse(await people.call('POST', '/api/keys', { name: 'bench' }));
    return new ScriptedRater(people, key);
  }

  /** Has every prompt answered twice and chooses. @returns how many choices were clear */
  async compare(prompts: readonly string[], atOnce: number): Promise<number> {
    let clear = 0;
    const left = [...prompts];
    const work = async () => {
      const socket = await this.people.connect();
      for (let prompt = left.shift(); prompt !== undefined; prompt = left.shift())
        if ((await this.#compareOnce(socket, prompt)) !== 'tie') clear++;
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return clear;
  }

  /** One answer in the chat. @param bestOf  of how many the reward model chooses; 1 leaves it out */
  async ask(content: string, bestOf: number): Promise<TimedAnswer> {
    const socket = await this.people.connect();
    const conversationId = await this.#begin(socket, bestOf > 1 ? { bestOf } : {});
    const startedAt = performance.now();
    const send = { type: 'chat.send', id: 'send', conversationId, parentId: null, content } as const;
    const ended = settled(socket, 1);
    await request(socket, send);
    const [answer] = await ended;
    return { text: answer?.content ?? '', endMs: performance.now() - startedAt };
  }

  /** Answers of a version over the API, so many to each prompt. */
  async complete(model: string, prompts: readonly string[], each: number): Promise<string[]> {
    const answers: string[] = [];
    for (const prompt of prompts) answers.push(...(await this.#complete(model, prompt, each)));
    return answers;
  }

  async #complete(model: string, content: string, each: number): Promise<string[]> {
    const { temperature, maxTokens } = ratedSampling;
    const messages = [{ role: 'user', content }];
    const response = await fetch(`${this.people.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
      body: JSON.stringify({ model, messages, n: each, temperature, max_tokens: maxTokens, seed: 1 }),
    });
    if (!response.ok) throw new Error(await response.text());
    const { choices } = completionSchema.parse(await response.json());
    return choices.map(({ message }) => message.content);
  }

  async #compareOnce(socket: WebSocket, content: string): Promise<'left' | 'right' | 'tie'> {
    const conversationId = await this.#begin(socket);
    const ended = settled(socket, 2);
    const result = await request(socket, {
      type: 'chat.compare',
      id: `compare-${conversationId}`,
      conversationId,
      parentId: null,
      content,
    });
    if (!result?.compared) throw new Error('There is nothing to compare.');
    const answers = await ended;
    const textOf = (id: string) => answers.find((answer) => answer.id === id)?.content ?? '';
    const { comparison, right } = result.compared;
    const outcome = chooseShorter(textOf(result.answer.id), textOf(right.id));
    await this.people.call('POST', `/api/comparisons/${comparison.id}/vote`, { outcome });
    return outcome;
  }

  async #begin(socket: WebSocket, more: { bestOf?: number } = {}): Promise<string> {
    const parameters = { modelVersionId: null, sampling: ratedSampling, ...more };
    // With a title, or the model would be asked for one.
    const body = { title: 'A taste', parameters };
    const { id } = created.parse(await this.people.call('POST', '/api/conversations', body));
    await request(socket, { type: 'conversation.watch', id: `watch-${id}`, conversationId: id });
    return id;
  }
}

interface EndedAnswer {
  id: string;
  content: string;
  status: string;
}

/** The next answers that are written to their end. @throws Error when one could not be written */
async function settled(socket: WebSocket, count: number): Promise<EndedAnswer[]> {
  const ended = new Map<string, EndedAnswer>();
  await next(socket, (message) => {
    const answer = toEnded(message);
    if (answer) ended.set(answer.id, answer);
    return ended.size === count;
  });
  const answers = [...ended.values()];
  if (answers.some(({ status }) => status === 'failed')) throw new Error('An answer could not be written.');
  return answers;
}

function toEnded(message: ServerMessage): EndedAnswer | null {
  if (message.type !== 'message.updated') return null;
  const { id, role, status, content } = message.message;
  return role !== 'assistant' || status === 'queued' || status === 'streaming'
    ? null
    : { id, content, status };
}

/** The batch loop called directly: what the stack around it is measured against. */
import { readConfig } from '../common/config/config.js';
import { LlamaModel } from '../common/llama/model.js';
import { ChatTemplate } from '../worker/data/chat-template.js';
import { planCapacity } from '../worker/inference/capacity.js';
import { BatchLoop } from '../worker/inference/loop/batch-loop.js';
import { loadSampling, makePrompt, type ChatResult, type Contender } from './chat-load.js';

export async function openBareLoop(modelPath: string): Promise<Contender> {
  const { gpu, llamaDir } = readConfig();
  const model = await LlamaModel.open(modelPath, { gpu, ...(llamaDir !== null && { directory: llamaDir }) });
  const template = new ChatTemplate(model.vocabulary);
  const loop = new BatchLoop(model, planCapacity(model));
  const ask = async (round: number, chat: number, startedAt: number): Promise<ChatResult> => {
    let firstTokenMs = NaN;
    const outcome = await loop.generate({
      prompt: template.encodeConversation([{ role: 'user', content: makePrompt(round, chat) }], {
        addGenerationPrompt: true,
      }),
      adapter: null,
      sampling: loadSampling,
      seed: round * 100 + chat,
      topLogProbs: null,
      grammar: null,
      onDelta: () => {
        if (Number.isNaN(firstTokenMs)) firstTokenMs = performance.now() - startedAt;
      },
    });
    return { firstTokenMs, endMs: performance.now() - startedAt, tokens: outcome.tokens.length };
  };
  return {
    name: 'batch loop, called directly',
    run: (round, chats) => {
      const startedAt = performance.now();
      return Promise.all(Array.from({ length: chats }, (_, chat) => ask(round, chat, startedAt)));
    },
    [Symbol.asyncDispose]: async () => {
      await loop[Symbol.asyncDispose]();
      model[Symbol.dispose]();
    },
  };
}

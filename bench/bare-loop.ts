/** The batch loop called directly: what the stack around it is measured against. */
import { readConfig } from '../common/config/config.js';
import { LlamaModel } from '../common/llama/model.js';
import { ChatTemplate } from '../worker/data/chat-template.js';
import { measureCapacity } from '../worker/inference/capacity.js';
import { toLibraryOptions } from '../worker/inference/library-options.js';
import { BatchLoop } from '../worker/inference/loop/batch-loop.js';
import { makePrompt, toSampling, type ChatResult, type Contender, type Load } from './chat-load.js';

export async function openBareLoop(modelPath: string): Promise<Contender> {
  const config = readConfig();
  const model = await LlamaModel.open(modelPath, toLibraryOptions(config));
  const template = new ChatTemplate(model.vocabulary);
  const loop = new BatchLoop(model, await measureCapacity(model, config.threads));
  const ask = async (load: Load, chat: number, startedAt: number): Promise<ChatResult> => {
    let firstTokenMs = NaN;
    const outcome = await loop.generate({
      prompt: template.encodeConversation([{ role: 'user', content: makePrompt(load.round, chat) }], {
        addGenerationPrompt: true,
      }),
      adapter: null,
      sampling: toSampling(load),
      seed: load.round * 100 + chat,
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
    run: (load) => {
      const startedAt = performance.now();
      return Promise.all(Array.from({ length: load.chats }, (_, chat) => ask(load, chat, startedAt)));
    },
    [Symbol.asyncDispose]: async () => {
      await loop[Symbol.asyncDispose]();
      model[Symbol.dispose]();
    },
  };
}

/** Lets a base, with an adapter or without, answer a few prompts at temperature 0: the same model always says the same. */
import { defaultSampling } from '../../common/contracts/sampling.js';
import { LlamaModel } from '../../common/llama/model.js';
import { ChatTemplate } from '../data/chat-template.js';
import { planPrompt } from '../inference/context-policy.js';
import { BatchLoop } from '../inference/loop/batch-loop.js';
import type { SamplePrompt, TaskOf } from './task.js';

const contextTokens = 2048;

/** On the CPU, so that the memory that the run has planned with stays its own. */
export async function answerPrompts(task: TaskOf<'sample'>): Promise<string[]> {
  const { modelPath, adapterPath, llamaDirectory, prompts, maxTokens } = task;
  using model = await LlamaModel.open(modelPath, {
    gpu: 'off',
    ...(llamaDirectory !== null && { directory: llamaDirectory }),
  });
  const adapter = adapterPath === null ? null : await model.openAdapter(adapterPath);
  await using loop = new BatchLoop(model, {
    slots: prompts.length,
    contextTokens: Math.min(contextTokens, model.contextTokens),
    threads: 1,
  });
  const template = new ChatTemplate(model.vocabulary);
  const answer = async ({ turns }: SamplePrompt) => {
    const limits = { contextTokens: loop.contextTokens, maxTokens };
    const { tokens } = planPrompt(template, model.vocabulary, { turns, prefix: '', ...limits });
    let text = '';
    await loop.generate({
      prompt: tokens,
      adapter,
      sampling: {
        ...defaultSampling,
        temperature: 0,
        maxTokens: Math.min(maxTokens, loop.contextTokens - tokens.length),
      },
      seed: 0,
      topLogProbs: null,
      grammar: null,
      onDelta: (delta) => (text += delta.text),
    });
    return text;
  };
  return await Promise.all(prompts.map(answer));
}

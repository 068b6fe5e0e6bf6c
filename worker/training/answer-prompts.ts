/** Lets a base, with an adapter or without, answer prompts: the same model always says the same, drawn freely or not. */
import { defaultSampling, type Sampling } from '../../common/contracts/sampling.js';
import { LlamaModel } from '../../common/llama/model.js';
import { ChatTemplate } from '../data/chat-template.js';
import { planPrompt } from '../inference/context-policy.js';
import { BatchLoop } from '../inference/loop/batch-loop.js';
import type { SamplePrompt, TaskOf } from './task.js';

const contextTokens = 2048;
/** Answers at once; the others wait. */
const mostSlots = 8;
/** Nothing is cut away: what is drawn has the probabilities that the model gives. */
const freely = { temperature: 1, topP: 1, topK: 0, minP: 0 } satisfies Partial<Sampling>;

/** On the CPU, so that the memory that the run has planned with stays its own. */
export async function answerPrompts(task: TaskOf<'sample'>): Promise<string[]> {
  const { modelPath, adapterPath, llamaDirectory, prompts, maxTokens, temperature } = task;
  const drawing = temperature === 0 ? { temperature: 0 } : freely;
  using model = await LlamaModel.open(modelPath, {
    gpu: 'off',
    ...(llamaDirectory !== null && { directory: llamaDirectory }),
  });
  const adapter = adapterPath === null ? null : await model.openAdapter(adapterPath);
  await using loop = new BatchLoop(model, {
    slots: Math.min(prompts.length, mostSlots),
    contextTokens: Math.min(contextTokens, model.contextTokens),
    threads: 1,
  });
  const template = new ChatTemplate(model.vocabulary);
  const answer = async ({ turns }: SamplePrompt, seed: number) => {
    const limits = { contextTokens: loop.contextTokens, maxTokens };
    const { tokens } = planPrompt(template, model.vocabulary, { turns, prefix: '', ...limits });
    let text = '';
    await loop.generate({
      prompt: tokens,
      adapter,
      sampling: {
        ...defaultSampling,
        ...drawing,
        maxTokens: Math.min(maxTokens, loop.contextTokens - tokens.length),
      },
      seed,
      topLogProbs: null,
      grammar: null,
      onDelta: (delta) => (text += delta.text),
    });
    return text;
  };
  return await Promise.all(prompts.map(answer));
}

/** Lets a base, with an adapter or without, answer prompts: the same model always says the same, drawn freely or not. */
import { AppError } from '../../common/contracts/errors.js';
import type { ChatTurn } from '../../common/contracts/generation.js';
import { defaultSampling, type Sampling } from '../../common/contracts/sampling.js';
import { LlamaModel } from '../../common/llama/model.js';
import { ChatTemplate } from '../data/chat-template.js';
import { planPrompt } from '../inference/context-policy.js';
import { BatchLoop } from '../inference/loop/batch-loop.js';
import type { SampledText, TaskOf } from './task.js';

/** Answers at once; the others wait. */
const mostSlots = 8;
/** What is read of a prompt, its answer included: the oldest turns are left out where there are more. */
const usualTokens = 2048;
/** Most that all answers at once have in memory, and one whose last turn alone is long; the longer they are, the fewer there are at once. */
const mostTokens = mostSlots * usualTokens;
/** Nothing is cut away: what is drawn has the probabilities that the model gives. */
const freely = { temperature: 1, topP: 1, topK: 0, minP: 0 } satisfies Partial<Sampling>;

/**
 * On the CPU, so that the memory that the run has planned with stays its own.
 *
 * @returns answers by the task's prompts; '' to a prompt whose last turn leaves no room in what the model reads, or in `mostTokens`
 * @throws AppError `GGUF_INVALID` and what else opening the files throws; `MODEL_TEMPLATE_INVALID`, `ENGINE_OUT_OF_MEMORY`
 */
export async function answerPrompts(task: TaskOf<'sample'>): Promise<SampledText[]> {
  const { modelPath, adapterPath, llamaDirectory, prompts, maxTokens, temperature } = task;
  const drawing = temperature === 0 ? { temperature: 0 } : freely;
  using model = await LlamaModel.open(modelPath, {
    gpu: 'off',
    ...(llamaDirectory !== null && { directory: llamaDirectory }),
  });
  const adapter = adapterPath === null ? null : await model.openAdapter(adapterPath);
  const template = new ChatTemplate(model.vocabulary);
  const most = Math.min(model.contextTokens, mostTokens);
  const asked = prompts.map(({ turns }) => encodeWhatFits(turns, { model, template, maxTokens, most }));
  const longest = Math.max(...asked.map((tokens) => tokens?.length ?? 0));
  const contextTokens = Math.min(longest + maxTokens, most);
  await using loop = new BatchLoop(model, {
    slots: Math.min(prompts.length, mostSlots, Math.floor(mostTokens / contextTokens)),
    contextTokens,
    threads: 1,
  });
  const answer = async (prompt: Int32Array | null, seed: number) => {
    let text = '';
    if (!prompt) return { text, ended: false };
    const { end } = await loop.generate({
      prompt,
      adapter,
      sampling: {
        ...defaultSampling,
        ...drawing,
        maxTokens: Math.min(maxTokens, loop.contextTokens - prompt.length),
      },
      seed,
      topLogProbs: null,
      grammar: null,
      onDelta: (delta) => (text += delta.text),
    });
    return { text, ended: end !== null };
  };
  return await Promise.all(asked.map(answer));
}

interface Reader {
  model: LlamaModel;
  template: ChatTemplate;
  maxTokens: number;
  /** Tokens of the longest prompt with its answer. */
  most: number;
}

/** Null for a prompt that cannot be read: the others are not to go without their answers for it. */
function encodeWhatFits(turns: readonly ChatTurn[], reader: Reader): Int32Array | null {
  const { model, template, maxTokens, most } = reader;
  // No more than the last turn takes: a slot is as long as the longest prompt needs, whatever is said in it.
  for (let contextTokens = Math.min(usualTokens, most); ; contextTokens = Math.min(2 * contextTokens, most))
    try {
      return planPrompt(template, model.vocabulary, { turns, prefix: '', contextTokens, maxTokens }).tokens;
    } catch (error) {
      const isTooLong = error instanceof AppError && error.code === 'GENERATION_CONTEXT_EXCEEDED';
      if (!isTooLong) throw error;
      if (contextTokens === most) return null;
    }
}

/**
 * The draws of one step, one after another or side by side.
 *
 * Every draw reads the whole vocabulary, on the CPU. That is little beside a decode of the CPU's own; a GPU decodes for eight people in a few
 * milliseconds, and would wait for about as long until all of them have drawn in turns.
 */
import type { LlamaContext } from '../../../common/llama/context.js';
import type { Sampler } from '../../../common/llama/sampler.js';

export interface Draw {
  sampler: Sampler;
  /** Place in the batch that was decoded, which asked for logits. */
  index: number;
}

/** Logits of a step from which on handing its draws to threads costs less than it saves. */
const worthThreads = 2 ** 18;
/** Draws under way at a time; koffi keeps memory at hand for as many calls. */
const lanes = 8;

type Drawn = (number | null)[];

/** @returns a token for each draw, null where its grammar allows none */
export function drawTokens(context: LlamaContext, draws: readonly Draw[]): Drawn | Promise<Drawn> {
  const { isOnGpu, vocabulary } = context.model;
  const isWorthThreads = isOnGpu && draws.length > 1 && draws.length * vocabulary.size >= worthThreads;
  return isWorthThreads ? drawSideBySide(context, draws) : drawInTurns(context, draws);
}

export function drawInTurns(context: LlamaContext, draws: readonly Draw[]): Drawn {
  return draws.map(({ sampler, index }) => sampler.sample(context, index));
}

export async function drawSideBySide(context: LlamaContext, draws: readonly Draw[]): Promise<Drawn> {
  context.orderOutputs();
  const tokens: Drawn = draws.map(() => null);
  const left = draws.entries();
  const lane = async () => {
    for (const [i, { sampler, index }] of left) tokens[i] = await sampler.sampleOnThread(context, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return tokens;
}

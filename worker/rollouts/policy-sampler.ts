/**
 * The policy as it answers: the inference worker's own batch loop over a base that stays resident, with the adapter in training on it.
 *
 * A rollout has a loop of its own, so that its caches begin empty: the same prompts, adapter and seed give the same answers, wherever a run
 * was taken up. All answers share one cache, in which a group's prompt lies once.
 */
import { setMaxListeners } from 'node:events';
import { AppError } from '../../common/contracts/errors.js';
import { defaultSampling, seedCount } from '../../common/contracts/sampling.js';
import { planThreads } from '../../common/llama/compute-threads.js';
import { LlamaModel } from '../../common/llama/model.js';
import type { AnswerOutcome } from '../inference/loop/answer.js';
import { BatchLoop } from '../inference/loop/batch-loop.js';
import { libraryOptions } from '../runs/prepare-run.js';
import type { RunRequest } from '../runs/run-request.js';

export type SamplerSource = Pick<RunRequest, 'modelPath' | 'gpu' | 'llamaDirectory' | 'threads'>;

export interface SampleOptions {
  /** Adapter (GGUF) of the policy; null is the base. */
  adapterPath: string | null;
  /** G, answers to each prompt. */
  groupSize: number;
  temperature: number;
  /** Of an answer. */
  maxTokens: number;
  /** Seed of one answer: which prompt, which of its group. */
  seedOf(prompt: number, answer: number): number;
  signal: AbortSignal;
  onAnswer?: () => void;
}

/** One answer as it was drawn. */
export interface SampledAnswer {
  /** [T] ids, the one that ends it included where it ended. */
  tokens: Int32Array;
  text: string;
  /** False: cut off at the limit. */
  ended: boolean;
  /** [T] log-probs that the sampler drew by, nats. */
  logProbs: Float32Array;
}

/** More would make each decode slower than it saves. */
export const mostSlots = 32;

export class PolicySampler implements Disposable {
  private constructor(
    readonly model: LlamaModel,
    private readonly threads: number,
  ) {}

  /** @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `ENGINE_OUT_OF_MEMORY` */
  static async open(source: SamplerSource): Promise<PolicySampler> {
    const model = await LlamaModel.open(source.modelPath, libraryOptions(source));
    return new PolicySampler(model, source.threads ?? planThreads(model, null));
  }

  /**
   * @param prompts  token ids
   * @returns answers `[prompt][answer]`
   * @throws AppError what the batch loop throws; the signal's reason when it fires
   */
  async sample(prompts: readonly Int32Array[], options: SampleOptions): Promise<SampledAnswer[][]> {
    const { adapterPath, groupSize, maxTokens } = options;
    const signal = untilAborted(options.signal);
    using adapter = adapterPath === null ? null : await this.model.openAdapter(adapterPath);
    const longest = Math.max(...prompts.map(({ length }) => length));
    await using loop = this.openLoop(prompts.length * groupSize, longest + maxTokens + 1);
    const answers = prompts.map((prompt, index) =>
      Array.from({ length: groupSize }, (_, place) =>
        answer(loop, { prompt, adapter, seed: options.seedOf(index, place) }, { ...options, signal }),
      ),
    );
    const groups = await Promise.all(answers.map((group) => Promise.all(group)));
    signal.throwIfAborted();
    return groups;
  }

  /** @throws AppError `ENGINE_OUT_OF_MEMORY` */
  openLoop(answers: number, contextTokens: number): BatchLoop {
    let slots = Math.min(answers, mostSlots);
    for (;;) {
      try {
        return new BatchLoop(this.model, {
          slots,
          contextTokens,
          threads: this.threads,
          sharesCells: true,
          promptDelayMs: Infinity,
        });
      } catch (error) {
        if (slots === 1 || !(error instanceof AppError) || error.code !== 'ENGINE_OUT_OF_MEMORY') throw error;
        slots = Math.ceil(slots / 2);
      }
    }
  }

  [Symbol.dispose](): void {
    this.model[Symbol.dispose]();
  }
}

/** A signal for many answers at once: their listeners go with it, where the run's own would gather them step after step. */
export function untilAborted(signal: AbortSignal): AbortSignal {
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own);
  return own;
}

type Question = Pick<Parameters<BatchLoop['generate']>[0], 'prompt' | 'adapter' | 'seed'>;

async function answer(
  loop: BatchLoop,
  question: Question,
  { temperature, maxTokens, signal, onAnswer }: SampleOptions,
): Promise<SampledAnswer> {
  const logProbs: number[] = [];
  let text = '';
  const outcome = await loop.generate({
    ...question,
    // Nothing is cut from the distribution: the trainer's log-probs are of the whole of it.
    sampling: { ...defaultSampling, temperature, topP: 1, topK: 0, minP: 0, maxTokens, stop: [] },
    topLogProbs: 0,
    logProbTemperature: temperature,
    grammar: null,
    signal,
    onDelta: (delta) => {
      text += delta.text;
      logProbs.push(...delta.logProbs.map(({ logProb }) => logProb));
    },
  });
  onAnswer?.();
  return toSampled(outcome, text, logProbs);
}

function toSampled({ tokens, end }: AnswerOutcome, text: string, logProbs: readonly number[]): SampledAnswer {
  return {
    tokens: Int32Array.from(end ? [...tokens, end.token] : tokens),
    text,
    ended: end !== null,
    logProbs: Float32Array.from(end ? [...logProbs, end.logProb ?? Number.NaN] : logProbs),
  };
}

/** Seeds that a run's seed, its step and an answer's place decide; unlike each other and never llama.cpp's "any". */
export function answerSeed(...parts: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x01000193) >>> 0;
    hash = (hash ^ (hash >>> 15)) >>> 0;
    hash = Math.imul(hash, 0x2c1b3c6d) >>> 0;
    hash = (hash ^ (hash >>> 12)) >>> 0;
  }
  return hash % seedCount;
}

/**
 * A preference of a kind that a program can check, planted in pairs: learnt by a run, judged on prompts that the run never saw, and then
 * looked for in what the inference worker's batch loop says with and without the adapter.
 */
import path from 'node:path';
import type { Sampling } from '../../common/contracts/sampling.js';
import { LlamaModel, type LoraAdapter } from '../../common/llama/model.js';
import { ChatTemplate } from '../../worker/data/chat-template.js';
import type { BatchLoop } from '../../worker/inference/loop/batch-loop.js';
import { indexOfBest, RewardScorer } from '../../worker/runs/reward-scorer.js';
import { ask, withLoop } from './answers.js';
import { ofType, TrainingFolder, type Row } from './training-folder.js';
import { testLibraries, testMachine } from './test-device.js';

/** One prompt with an answer of the preferred kind and one of the other. */
export interface PlantedPair {
  prompt: string;
  chosen: string;
  rejected: string;
}

export interface PlantedPreference {
  /** Is this answer of the preferred kind? */
  holds(answer: string): boolean;
  train: readonly PlantedPair[];
  /** Of other prompts. */
  heldOut: readonly PlantedPair[];
}

export interface PlantedOptions {
  modelPath: string;
  /** Of the DPO run, beside its defaults. */
  config: Row;
  sampling: Partial<Sampling>;
  threads?: number;
}

/** Shares from 0 to 1, over the held-out prompts. */
export interface PlantedOutcome {
  /** Pairs whose preferred answer has the higher implicit reward; a tie is half a pair, which is what an untrained adapter gives. */
  accuracy: { before: number; after: number };
  /** Served answers of the preferred kind: of the base, and with the adapter. */
  rate: { before: number; after: number };
  trainingSeconds: number;
}

/** @throws Error when a planted pair is not what it claims to be */
export async function learnPlantedPreference(
  preference: PlantedPreference,
  { modelPath, config, sampling, threads = 1 }: PlantedOptions,
): Promise<PlantedOutcome> {
  for (const { chosen, rejected } of [...preference.train, ...preference.heldOut])
    if (!preference.holds(chosen) || preference.holds(rejected))
      throw new Error(`not a pair of this kind: ${JSON.stringify({ chosen, rejected })}`);
  await using folder = await TrainingFolder.create();
  await folder.writeRows(preference.train.map(toRow));
  await folder.writeRows(preference.heldOut.map(toRow), 'held-out.jsonl');
  const request = { modelPath, heldOutPath: folder.file('held-out.jsonl'), threads };
  const started = performance.now();
  const events = await folder.train({ kind: 'dpo', ...config }, 'out', { request });
  const trainingSeconds = (performance.now() - started) / 1000;
  const [before = {}, ...later] = ofType(events, 'evaluated').map(({ metrics }) => metrics);
  const after = later.at(-1) ?? {};

  const model = await LlamaModel.open(modelPath, testLibraries);
  try {
    const adapter = await model.openAdapter(folder.file(path.join('out', 'adapter.gguf')));
    const prompts = preference.heldOut.map(({ prompt }) => prompt);
    const rateOf = async (version: LoraAdapter | null) => {
      const answers = await withLoop(model, { slots: 8, threads }, (loop) =>
        Promise.all(
          prompts.map((prompt, seed) => answer(loop, prompt, { adapter: version, sampling, seed })),
        ),
      );
      return answers.filter((text) => preference.holds(text)).length / answers.length;
    };
    return {
      accuracy: { before: accuracyOf(before), after: accuracyOf(after) },
      rate: { before: await rateOf(null), after: await rateOf(adapter) },
      trainingSeconds,
    };
  } finally {
    model[Symbol.dispose]();
  }
}

const toRow = ({ prompt, chosen, rejected }: PlantedPair): Row => ({
  prompt: [{ role: 'user', content: prompt }],
  chosen: [{ role: 'assistant', content: chosen }],
  rejected: [{ role: 'assistant', content: rejected }],
});

/** An adapter that has learnt nothing gives every pair a margin of exactly zero, which TRL's accuracy counts as wrong. */
function accuracyOf(metrics: Readonly<Record<string, number>>): number {
  return metrics['eval_rewards/margins'] === 0 ? 0.5 : (metrics['eval_rewards/accuracies'] ?? Number.NaN);
}

async function answer(
  loop: BatchLoop,
  prompt: string,
  options: { adapter: LoraAdapter | null; sampling: Partial<Sampling>; seed: number },
): Promise<string> {
  const template = new ChatTemplate(loop.model.vocabulary);
  const ids = template.encodeConversation([{ role: 'user', content: prompt }], {
    addGenerationPrompt: true,
  });
  return (await ask(loop, ids, options)).text;
}

/** Shares from 0 to 1, over the held-out prompts. */
export interface RewardOutcome {
  /** Pairs whose preferred answer scores higher. */
  accuracy: number;
  /** Served answers of the preferred kind: the first of the candidates, and the one that scores best. */
  rate: { first: number; best: number };
}

/** A reward model of the preference, and what choosing among several of the base's answers by it is worth. */
export async function learnRewardOf(
  { holds, train, heldOut }: PlantedPreference,
  { modelPath, config, sampling, candidates, threads = 1 }: PlantedOptions & { candidates: number },
): Promise<RewardOutcome> {
  await using folder = await TrainingFolder.create();
  await folder.writeRows(train.map(toRow));
  await folder.train({ kind: 'reward', heldOutFraction: 0, ...config }, 'out', {
    request: { modelPath, threads },
  });
  using scorer = await RewardScorer.open({
    modelPath,
    adapterPath: folder.file(path.join('out', 'adapter.gguf')),
    ...testMachine,
    threads,
  });
  const turnsOf = (prompt: string) => [{ role: 'user', content: prompt } as const];
  const pairs = await scorer.score(
    heldOut.map(({ prompt, chosen, rejected }) => ({ turns: turnsOf(prompt), answers: [chosen, rejected] })),
  );
  using model = await LlamaModel.open(modelPath, testLibraries);
  const given = await withLoop(model, { slots: 8, threads }, (loop) =>
    Promise.all(
      heldOut.map(async ({ prompt }, row) => ({
        turns: turnsOf(prompt),
        answers: await Promise.all(
          Array.from({ length: candidates }, (_, index) =>
            answer(loop, prompt, { adapter: null, sampling, seed: row * candidates + index }),
          ),
        ),
      })),
    ),
  );
  const scores = await scorer.score(given);
  const rateOf = (pick: (row: number) => number) =>
    given.filter(({ answers }, row) => holds(answers[pick(row)] ?? '')).length / given.length;
  return {
    accuracy: pairs.filter(([chosen = 0, rejected = 0]) => chosen > rejected).length / pairs.length,
    rate: { first: rateOf(() => 0), best: rateOf((row) => indexOfBest(scores[row] ?? [])) },
  };
}

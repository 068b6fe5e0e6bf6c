/** Lessons in a taste that a rule can check, for the model that is shipped: prompts, and how far it gets with the settings of the bench. */
import path from 'node:path';
import { repositoryRoot } from '../../common/config/repository.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { drawPrompts, type Taste } from '../../models/generator/taste.js';
import { ofType, type Row, type TrainingFolder } from './training-folder.js';

export const modelPath = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');
export const asked = (content: string): Row => ({ prompt: [{ role: 'user', content }] });

/** To learn from, to see by when it is learnt, and to judge by. */
export async function writePrompts(folder: TrainingFolder, taste: Taste): Promise<void> {
  const prompts = drawPrompts(taste, 440, 'reinforcement').map(asked);
  await folder.writeRows(prompts.slice(0, 160));
  await folder.writeRows(prompts.slice(160, 240), 'watched.jsonl');
  await folder.writeRows(prompts.slice(240), 'judged.jsonl');
}

export interface Lesson {
  /** What the rule says of sampled answers: to watched prompts, and to those that nobody watched. */
  before: number;
  after: number;
  /** Largest of any step or evaluation, nats an answer. */
  kl: number;
}

interface Teaching {
  /** Of the bench. */
  config: object;
  rewards: readonly object[];
  /** The rule's own, of an evaluation. */
  metric: string;
  /** Share of watched answers that ends the lesson: how soon they are so good differs by how a processor rounds. Default 0.95. */
  learntAt?: number;
  /** Files of the reward models among the rewards, by version. */
  rewardAdapters?: Record<string, string>;
}

/** Trains until answers to watched prompts keep the rule, or the run is over, and then judges what was kept by prompts that nobody watched. */
export async function teach(folder: TrainingFolder, teaching: Teaching): Promise<Lesson> {
  const learnt = new AbortController();
  const events = await train(folder, teaching, {
    output: 'taught',
    heldOut: 'watched.jsonl',
    signal: learnt.signal,
    onScore: (score) => score >= (teaching.learntAt ?? 0.95) && learnt.abort(),
  });
  const kept = ofType(events, 'checkpoint').at(-1)?.adapter;
  if (!kept) throw new Error('The lesson kept nothing');
  const steps = ofType(events, 'step').map(({ metrics }) => metrics);
  const evaluations = ofType(events, 'evaluated').map(({ metrics }) => metrics);
  const kls = [
    ...steps.map((metrics) => metrics['objective/kl'] ?? NaN),
    ...evaluations.map((metrics) => metrics['eval_objective/kl'] ?? NaN),
  ];
  const before = evaluations[0]?.[teaching.metric] ?? NaN;
  const after = await judge(folder, teaching, folder.file(path.join('taught', kept)));
  return { before, after, kl: Math.max(...kls) };
}

/** @returns the first evaluation of a run that begins with the adapter */
async function judge(folder: TrainingFolder, teaching: Teaching, adapter: string): Promise<number> {
  const judged = new AbortController();
  let result = NaN;
  await train(folder, teaching, {
    output: 'judged',
    heldOut: 'judged.jsonl',
    startAdapterPath: adapter,
    signal: judged.signal,
    onScore: (score) => {
      result = score;
      judged.abort();
    },
  });
  return result;
}

interface Course {
  output: string;
  heldOut: string;
  startAdapterPath?: string | null;
  signal: AbortSignal;
  onScore: (score: number) => void;
}

function train(
  folder: TrainingFolder,
  { config, rewards, metric, rewardAdapters = {} }: Teaching,
  { output, heldOut, startAdapterPath = null, signal, onScore }: Course,
): Promise<RunEvent[]> {
  const heldOutPath = folder.file(heldOut);
  return folder.train({ ...config, rewards }, output, {
    request: { modelPath, heldOutPath, startAdapterPath, rewardAdapters, keepAdapters: true },
    signal,
    onEvent: (event) => event.type === 'evaluated' && onScore(event.metrics[metric] ?? NaN),
  });
}

/** On a machine that does much else. */
export const patience = 900_000;

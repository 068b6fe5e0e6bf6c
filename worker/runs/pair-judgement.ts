/** What a version says of preference pairs, or of thumbs: log-probs of whole answers, and those of a few answers token by token. */
import { layOut } from '../data/layout.js';
import { readJsonl } from '../data/read-jsonl.js';
import { promptKey } from '../data/split.js';
import type { Item, Sequence } from '../data/tokenise.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { fitConfig } from './evaluation.js';
import { matchThumbs } from './matched-thumbs.js';
import { openRunModel } from './open-run-model.js';
import { prepareRun } from './prepare-run.js';
import { computeReference } from './reference.js';
import type { RunRequest } from './run-request.js';
import { inOrder } from './units.js';

/** An answer's log-prob, summed over its tokens, nats. */
export interface JudgedAnswer {
  logProb: number;
  tokens: number;
}

export interface JudgedPair {
  /** How the conversation opens; of thumbs, that of the liked answer. Pairs of one prompt are one vote. */
  prompt: string;
  better: JudgedAnswer;
  worse: JudgedAnswer;
}

/** An answer token by token, to be compared with what the server's side says of the very ids. */
export interface Probe {
  /** Prompt and answer, ids. */
  tokens: number[];
  /** Index of the first token that the log-probs are of; they go on to the end, which is that of the first turn of several. */
  start: number;
  /** With the version's adapter, nats. */
  logProbs: number[];
  /** Of the base alone, nats. */
  baseLogProbs: number[];
}

export interface PairJudgement {
  pairs: JudgedPair[];
  /** Rows left out: too long for the model, or a pair of equal answers. */
  dropped: number;
  probes: Probe[];
}

const probeCount = 4;
/** Tokens of a probe's answer that are looked at. */
const probeLength = 48;

/**
 * @param request  of a preference kind, or KTO; `dataPath` has the rows and `startAdapterPath` the version
 * @throws AppError what a run throws before its first step
 */
export async function judgePairs(request: RunRequest, signal: AbortSignal): Promise<PairJudgement> {
  const fitted = await fitConfig(request);
  const isThumbs = fitted.config.kind === 'kto';
  const { items: prepared, report } = (await prepareRun(fitted, signal)).train;
  // A thumb's second sequence, for KTO's KL estimate, says nothing of it.
  const items = isThumbs ? prepared.map(withFirstAlone) : prepared;
  const promptOf = await readPrompts(fitted);
  using model = await openRunModel(fitted);
  const adapterScale = request.startAdapterPath === null ? 0 : 1;
  const logProbs = await computeReference(model, items, {
    adapterScale,
    batches: inOrder(items.length, fitted.config.batchSize),
    signal,
    onBatch: () => {},
  });
  const judged = (item: Item, index: number, side: 0 | 1): JudgedAnswer => ({
    logProb: logProbs[index]?.[side] ?? Number.NaN,
    tokens: item.sequences[side]?.targets.length ?? 0,
  });
  const pairs = isThumbs
    ? matchThumbs(
        items.map((item, index) => ({
          prompt: promptOf(item),
          answer: judged(item, index, 0),
          desirable: item.desirable,
        })),
      )
    : items.map((item, index) => ({
        prompt: promptOf(item),
        better: judged(item, index, 0),
        worse: judged(item, index, 1),
      }));
  const probes: Probe[] = [];
  for (const { sequences } of items.slice(0, probeCount))
    if (sequences[0]) probes.push(await probe(model, sequences[0], signal));
  return { pairs, dropped: report.dropped, probes };
}

/** @returns what tells an item's prompt from others */
async function readPrompts({ dataPath, config }: RunRequest): Promise<(item: Item) => string> {
  const { examples } = await readJsonl(dataPath, config.kind);
  const byLine = new Map(examples.map((example) => [example.line, promptKey(example)]));
  return ({ line }) => byLine.get(line) ?? String(line);
}

const withFirstAlone = (item: Item): Item => ({ ...item, sequences: item.sequences.slice(0, 1) });

/** How many targets there are before the first gap: between two answers of a conversation is what a person said. */
function firstRun(targets: Int32Array): number {
  const gap = targets.findIndex((index, place) => index !== (targets[0] ?? 0) + place);
  return gap < 0 ? targets.length : gap;
}

async function probe(model: TrainableModel, sequence: Sequence, signal: AbortSignal): Promise<Probe> {
  const start = sequence.targets[0] ?? 0;
  const tokens = sequence.tokens.slice(0, start + Math.min(probeLength, firstRun(sequence.targets)));
  const targets = sequence.targets.filter((index) => index < tokens.length);
  const item = { line: 0, sequences: [{ tokens, targets }], margins: [], desirable: false };
  const { batch } = layOut([item], { scores: false, logProbs: true });
  const logProbsAt = async (adapterScale: 0 | 1) =>
    Array.from((await model.forward(batch, { adapterScale, gradients: false, signal })).logProbs);
  return { tokens: [...tokens], start, logProbs: await logProbsAt(1), baseLogProbs: await logProbsAt(0) };
}

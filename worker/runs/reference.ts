/**
 * Log-probs of the frozen reference: computed once, before the first step, kept beside the run.
 *
 * They are taken on the very batches of the first epoch, so that on a CPU the first step's policy agrees with its reference to the bit.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { layOut } from '../data/layout.js';
import type { Item } from '../data/tokenise.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { writeFileAtomically } from './atomic-file.js';
import { hashText } from './file-hash.js';
import type { JudgedItems } from './judged-items.js';
import type { TrainingLineage } from '../../common/contracts/lineage.js';
import type { RunRequest } from './run-request.js';

export interface ReferenceOptions {
  /** Scale of the adapter: 0 for the base, 1 for an adapter that the run goes on from. */
  adapterScale: 0 | 1;
  /** Item indices, each once. */
  batches: readonly (readonly number[])[];
  signal: AbortSignal;
  onBatch(done: number, total: number): void;
}

/**
 * @returns summed log-prob of each item's sequences, nats; `[item][sequence]`
 * @throws AppError `RUN_NOT_FINITE` naming the line that the model cannot judge
 */
export async function computeReference(
  model: TrainableModel,
  items: readonly Item[],
  { adapterScale, batches, signal, onBatch }: ReferenceOptions,
): Promise<number[][]> {
  const result: number[][] = items.map(() => []);
  for (const [done, indices] of batches.entries()) {
    const { batch, spans } = layOut(
      indices.flatMap((index) => items[index] ?? []),
      { scores: false, logProbs: true },
    );
    const { logProbs } = await model.forward(batch, { adapterScale, gradients: false, signal });
    for (const [position, index] of indices.entries()) {
      result[index] = (spans[position] ?? []).map(({ start, end }) => sumOf(logProbs, start, end));
      if (!result[index].every(Number.isFinite)) {
        const what = `the reference's log-prob of line ${items[index]?.line}`;
        throw new AppError('RUN_NOT_FINITE', { step: 0, what, checkpoint: 'none' });
      }
    }
    onBatch(done + 1, batches.length);
  }
  return result;
}

function sumOf(values: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let index = start; index < end; index++) sum += values[index] ?? Number.NaN;
  return sum;
}

/** A run's reference: what it says of its data is kept beside the run, under a key of all that decides it. */
export class Reference {
  private readonly key: string;

  constructor(
    private readonly model: TrainableModel,
    private readonly request: RunRequest,
    { codeVersion: _version, ...lineage }: TrainingLineage,
    private readonly options: { emit(event: RunEvent): void; signal: AbortSignal },
  ) {
    // How long a run goes on decides nothing about its reference.
    const config = { ...lineage.config, epochs: 0, maxSteps: null };
    this.key = hashText(JSON.stringify({ ...lineage, config }));
  }

  /**
   * @param name     names the file that keeps the log-probs
   * @param batches  item indices, each once, in the order of the first pass
   */
  async judge(name: string, items: readonly Item[], batches: number[][]): Promise<JudgedItems> {
    const file = path.join(this.request.outputPath, `reference-${name}.json`);
    const kept = await findKept(file, this.key);
    if (kept) return { items, refLogProbs: kept };
    const { emit, signal } = this.options;
    const logProbs = await computeReference(this.model, items, {
      adapterScale: this.request.startAdapterPath === null ? 0 : 1,
      batches,
      signal,
      onBatch: (done, total) => emit({ type: 'phase', phase: 'reference', done, total }),
    });
    // JSON writes a double so that it is read back to the bit.
    await writeFileAtomically(file, JSON.stringify({ key: this.key, logProbs }));
    return { items, refLogProbs: logProbs };
  }
}

/** What was kept under this key, or null; a run that goes on must see the very numbers that it began with. */
async function findKept(file: string, key: string): Promise<number[][] | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const kept = JSON.parse(text) as { key: string; logProbs: number[][] };
  return kept.key === key ? kept.logProbs : null;
}

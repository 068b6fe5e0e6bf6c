/**
 * Log-probs of the frozen reference: computed once, before the first step, kept beside the run.
 *
 * They are taken on the very batches of the first epoch, so that on a CPU the first step's policy agrees with its reference to the bit.
 */
import { readFile } from 'node:fs/promises';
import { layOut } from '../data/layout.js';
import type { Item } from '../data/tokenise.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { writeFileAtomically } from './atomic-file.js';

export interface ReferenceOptions {
  /** Scale of the adapter: 0 for the base, 1 for an adapter that the run goes on from. */
  adapterScale: 0 | 1;
  /** Item indices, each once. */
  batches: readonly (readonly number[])[];
  signal: AbortSignal;
  onBatch(done: number, total: number): void;
}

/** @returns summed log-prob of each item's sequences, nats; `[item][sequence]` */
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
      result[index] = (spans[position] ?? []).map(({ start, end }) => {
        let sum = 0;
        for (let target = start; target < end; target++) sum += logProbs[target] ?? Number.NaN;
        return sum;
      });
    }
    onBatch(done + 1, batches.length);
  }
  return result;
}

/** What was kept under this key, or null; a run that goes on must see the very numbers that it began with. */
export async function findReference(path: string, key: string): Promise<number[][] | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const kept = JSON.parse(text) as { key: string; logProbs: number[][] };
  return kept.key === key ? kept.logProbs : null;
}

/** Keeps log-probs; JSON writes a double so that it is read back to the bit. */
export async function keepReference(path: string, key: string, logProbs: number[][]): Promise<void> {
  await writeFileAtomically(path, JSON.stringify({ key, logProbs }));
}

/** Scoring and learning of a group of answers behind one prompt, with the prompt computed once and once for each answer. */
import type { Item } from '../worker/data/tokenise.js';
import { layOut, layoutFor } from '../worker/data/layout.js';
import { openModel } from '../worker/nn/open-model.js';
import type { TrainableModel } from '../worker/nn/trainable-model.js';
import type { Bench, BenchContext, BenchTable } from './bench.js';
import { median } from './statistics.js';

const promptTokens = 256;
const answerTokens = 64;
const groupSize = 8;
const rounds = 3;

export const sharedPrompt: Bench = {
  summary: "a group's answers with their prompt computed once, and once for each",
  run: async (context) => [await measure(context)],
};

async function measure({ modelPath, threads, say }: BenchContext): Promise<BenchTable> {
  using model = await openModel(modelPath, { mode: 'lora', gpu: 'off', threads });
  const item = toGroup(model.info.vocabularySize);
  const rows: (string | number)[][] = [];
  for (const [name, gradients] of [
    ['scoring (log-probs)', false],
    ['learning (forward, backward)', true],
  ] as const) {
    say(`a group's prompt: ${name}`);
    const apart = await time(model, item, { sharePrefixes: false, gradients });
    const once = await time(model, item, { sharePrefixes: true, gradients });
    rows.push([name, apart.toFixed(2), once.toFixed(2), (apart / once).toFixed(2)]);
  }
  return {
    title: `A group of ${groupSize} answers of ${answerTokens} tokens behind a prompt of ${promptTokens}`,
    columns: ['', 'prompt for each, s', 'prompt once, s', 'times faster'],
    rows,
    notes: [`Median of ${rounds} after one.`],
  };
}

/** Answers that differ from their first token on. */
function toGroup(vocabularySize: number): Item {
  const token = (index: number) => 5 + ((index * 7919) % (vocabularySize - 10));
  const sequences = Array.from({ length: groupSize }, (_, answer) => {
    const tokens = Int32Array.from({ length: promptTokens + answerTokens }, (_, index) =>
      token(index < promptTokens ? index : index + (answer + 1) * 1000),
    );
    const targets = Int32Array.from({ length: answerTokens }, (_, index) => promptTokens + index);
    return { tokens, targets };
  });
  return { line: 0, sequences, margins: [], desirable: true };
}

async function time(
  model: TrainableModel,
  item: Item,
  { sharePrefixes, gradients }: { sharePrefixes: boolean; gradients: boolean },
): Promise<number> {
  const { batch } = layOut([item], { ...layoutFor.logProbs, sharePrefixes });
  const cotangents = new Float32Array(batch.targets.tokens.length).fill(1e-3);
  const seconds: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startedAt = performance.now();
    await model.forward(batch, { gradients });
    if (gradients) await model.backward({ logProbs: cotangents });
    seconds.push((performance.now() - startedAt) / 1000);
  }
  model.zeroGradients();
  return median(seconds.slice(1));
}

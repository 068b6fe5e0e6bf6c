/** One measurement of the batch loop; see inference-loop.ts. */
import { samplingSchema } from '../common/contracts/sampling.js';
import { LlamaModel } from '../common/llama/model.js';
import { BatchLoop } from '../worker/inference/loop/batch-loop.js';
import { contextOf, promptOf, readTask, report, sampling } from './loop-task.js';

const task = readTask();
const model = await LlamaModel.open(task.model, { gpu: task.gpu });
const loop = new BatchLoop(model, {
  slots: task.streams,
  contextTokens: contextOf(task),
  threads: task.threads,
});

async function run(round: number, newTokens: number) {
  const startedAt = performance.now();
  const outcomes = await Promise.all(
    Array.from({ length: task.streams }, (_, stream) =>
      loop.generate({
        prompt: promptOf(stream + 100 * round, task.promptTokens, model.vocabulary.size),
        adapter: null,
        sampling: samplingSchema.parse({ ...sampling, minP: 0, maxTokens: newTokens }),
        seed: stream,
        topLogProbs: null,
        grammar: null,
        onDelta: () => undefined,
      }),
    ),
  );
  return {
    seconds: (performance.now() - startedAt) / 1000,
    tokens: outcomes.reduce((sum, outcome) => sum + outcome.tokens.length, 0),
    firstTokenMs: outcomes.map((outcome) => (outcome.firstTokenAt ?? startedAt) - startedAt),
  };
}

// The first pages of the weights and the first graphs are nobody's measure.
await run(0, 4);
report(await run(1, task.newTokens));

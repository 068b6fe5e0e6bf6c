/**
 * One measurement of node-llama-cpp's own evaluator: one promise chain per sequence and token; see inference-loop.ts. The package is
 * imported here because it is what is measured.
 */
import { getLlama, type Token } from 'node-llama-cpp';
import { contextOf, promptOf, readTask, report, sampling } from './loop-task.js';

const task = readTask();
const llama = await getLlama({
  gpu: task.gpu === 'off' ? false : 'auto',
  maxThreads: task.threads,
  build: 'never',
  progressLogs: false,
});
const model = await llama.loadModel({ modelPath: task.model, gpuLayers: task.gpu === 'off' ? 0 : 'max' });
const context = await model.createContext({
  sequences: task.streams,
  contextSize: contextOf(task),
  batchSize: 512,
  threads: task.threads,
});
const sequences = Array.from({ length: task.streams }, () => context.getSequence());
const vocabularySize = model.fileInfo.metadata.tokenizer?.ggml.tokens.length ?? 32_000;

async function run(round: number, newTokens: number) {
  const startedAt = performance.now();
  const drawn = await Promise.all(
    sequences.map(async (sequence, stream) => {
      await sequence.clearHistory();
      const prompt = promptOf(stream + 100 * round, task.promptTokens, vocabularySize) as Token[];
      let tokens = 0;
      let firstTokenMs = 0;
      for await (const _ of sequence.evaluate(prompt, { ...sampling, seed: stream })) {
        if (tokens++ === 0) firstTokenMs = performance.now() - startedAt;
        if (tokens === newTokens) break;
      }
      return { tokens, firstTokenMs };
    }),
  );
  return {
    seconds: (performance.now() - startedAt) / 1000,
    tokens: drawn.reduce((sum, { tokens }) => sum + tokens, 0),
    firstTokenMs: drawn.map((stream) => stream.firstTokenMs),
  };
}

await run(0, 4);
report(await run(1, task.newTokens));

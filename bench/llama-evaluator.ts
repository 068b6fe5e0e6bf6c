/** node-llama-cpp's own evaluator, on the same libraries and the same load. */
import { getLlama, type LlamaContextSequence } from 'node-llama-cpp';
import { readConfig } from '../common/config/config.js';
import { countPhysicalCores } from '../worker/inference/capacity.js';
import { answerTokens, loadSampling, makePrompt, type ChatResult, type Contender } from './chat-load.js';

const contextTokens = 2048;
const mostChats = 16;

export async function openEvaluator(modelPath: string): Promise<Contender> {
  const { gpu } = readConfig();
  const threads = countPhysicalCores();
  const llama = await getLlama({ gpu: gpu === 'off' ? false : gpu, maxThreads: threads, build: 'never' });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({
    sequences: mostChats,
    contextSize: contextTokens,
    batchSize: 512,
    threads,
  });
  const sequences = Array.from({ length: mostChats }, () => context.getSequence());

  const ask = async (
    sequence: LlamaContextSequence,
    { round, chat, startedAt }: { round: number; chat: number; startedAt: number },
  ): Promise<ChatResult> => {
    await sequence.clearHistory();
    const text = `<|im_start|>user\n${makePrompt(round, chat)}<|im_end|>\n<|im_start|>assistant\n`;
    const { temperature, topK, topP } = loadSampling;
    let firstTokenMs = NaN;
    let tokens = 0;
    const options = { temperature, topK, topP, minP: 0, seed: round * 100 + chat };
    for await (const token of sequence.evaluate(model.tokenize(text, true), options)) {
      // Text is part of the job, as it is for everyone else.
      model.detokenize([token]);
      if (tokens++ === 0) firstTokenMs = performance.now() - startedAt;
      if (tokens >= answerTokens) break;
    }
    return { firstTokenMs, endMs: performance.now() - startedAt, tokens };
  };
  return {
    name: "node-llama-cpp's evaluator",
    run: (round, chats) => {
      const startedAt = performance.now();
      return Promise.all(
        sequences.slice(0, chats).map((sequence, chat) => ask(sequence, { round, chat, startedAt })),
      );
    },
    [Symbol.asyncDispose]: () => llama.dispose(),
  };
}

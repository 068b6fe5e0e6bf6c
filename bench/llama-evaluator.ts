/** node-llama-cpp's own evaluator, on the same libraries and the same load. */
import { getLlama, type LlamaContextSequence } from 'node-llama-cpp';
import { readConfig } from '../common/config/config.js';
import { countCores } from '../common/machine/cores.js';
import { makePrompt, toSampling, type ChatResult, type Contender, type Load } from './chat-load.js';

const contextTokens = 2048;
const mostChats = 16;

export async function openEvaluator(modelPath: string): Promise<Contender> {
  const { gpu, threads: wish } = readConfig();
  const threads = wish ?? countCores();
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
    load: Load,
    { chat, startedAt }: { chat: number; startedAt: number },
  ): Promise<ChatResult> => {
    await sequence.clearHistory();
    const text = `<|im_start|>user\n${makePrompt(load.round, chat)}<|im_end|>\n<|im_start|>assistant\n`;
    const { temperature, topK, topP, maxTokens } = toSampling(load);
    let firstTokenMs = NaN;
    let tokens = 0;
    const options = { temperature, topK, topP, minP: 0, seed: load.round * 100 + chat };
    for await (const token of sequence.evaluate(model.tokenize(text, true), options)) {
      // Text is part of the job, as it is for everyone else.
      model.detokenize([token]);
      if (tokens++ === 0) firstTokenMs = performance.now() - startedAt;
      if (tokens >= maxTokens) break;
    }
    return { firstTokenMs, endMs: performance.now() - startedAt, tokens };
  };
  return {
    name: "node-llama-cpp's evaluator",
    run: (load) => {
      const startedAt = performance.now();
      return Promise.all(
        sequences.slice(0, load.chats).map((sequence, chat) => ask(sequence, load, { chat, startedAt })),
      );
    },
    [Symbol.asyncDispose]: () => llama.dispose(),
  };
}

/**
 * The other opinion: log-probabilities as llama.cpp itself computes them, from the same file and the same token ids.
 * Its cache is kept in F32 and without flash attention, so that what remains of a difference is the network's.
 */
import koffi from 'koffi';
import { openLlama, type LlamaApi } from '../../common/llama/llama.js';
import type { Pointer } from '../../common/llama/native.js';
import { TokenBatch } from '../../common/llama/token-batch.js';
import { testLibraries } from './test-device.js';

type Params = ReturnType<LlamaApi['model_default_params']>;

export interface LlamaLogProbOptions {
  /** V of the file. */
  vocabularySize: number;
  /** A GGUF LoRA adapter, applied at scale 1. */
  adapter?: string;
  /** Fields of `llama_model_params` and `llama_context_params`. */
  model?: Params;
  context?: Params;
}

/** @returns log-probability of each token given those before it, nats; one fewer than tokens */
export async function llamaLogProbs(
  path: string,
  tokens: readonly number[],
  options: LlamaLogProbOptions,
): Promise<Float64Array> {
  const api = await openLlama(testLibraries);
  const model = await api.model_load_from_file(path, {
    ...api.model_default_params(),
    n_gpu_layers: 0,
    ...options.model,
  });
  if (!model) throw new Error(`llama.cpp does not load ${path}`);
  const size = { n_ctx: Math.max(256, tokens.length), n_batch: 2048, n_ubatch: 512, n_seq_max: 1 };
  const exact = { flash_attn_type: 0, type_k: 0, type_v: 0, n_threads: 1, n_threads_batch: 1 };
  const context = api.init_from_model(model, {
    ...api.context_default_params(),
    ...size,
    ...exact,
    ...options.context,
  });
  if (!context) throw new Error('llama.cpp makes no context');
  const batch = new TokenBatch(tokens.length, 1);
  try {
    if (options.adapter) applyAdapter(api, { model, context, path: options.adapter });
    tokens.forEach((token, position) => batch.add(token, position, 0, true));
    const status = await api.decode(context, batch.native);
    if (status !== 0) throw new Error(`llama_decode answered ${status}`);
    return Float64Array.from(tokens.slice(1), (next, row) =>
      logProbOf(next, readLogits(api, context, { row, size: options.vocabularySize })),
    );
  } finally {
    batch[Symbol.dispose]();
    api.free(context);
    api.model_free(model);
  }
}

function applyAdapter(
  api: LlamaApi,
  { model, context, path }: { model: Pointer; context: Pointer; path: string },
): void {
  const adapter = api.adapter_lora_init(model, path);
  if (!adapter) throw new Error(`llama.cpp does not load the adapter ${path}`);
  api.set_adapters_lora(context, BigUint64Array.of(adapter), 1, Float32Array.of(1));
}

function readLogits(api: LlamaApi, context: Pointer, { row, size }: { row: number; size: number }) {
  const pointer = api.get_logits_ith(context, row);
  if (!pointer) throw new Error(`llama.cpp has no logits of token ${row}`);
  return koffi.decode(pointer, 'float', size) as Float32Array;
}

function logProbOf(token: number, logits: Float32Array): number {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
  return logits[token]! - highest - Math.log(total);
}

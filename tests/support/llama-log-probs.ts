/**
 * The other opinion: log-probabilities as llama.cpp itself computes them, from the same file and the same token ids.
 * Its cache is kept in F32 and without flash attention, so that what remains of a difference is the network's.
 */
import koffi from 'koffi';
import { openLibraries } from '../../common/llama/libraries.js';

const modelParameters = {
  devices: 'void *',
  tensor_buft_overrides: 'void *',
  n_gpu_layers: 'int32_t',
  split_mode: 'int',
  load_mode: 'int',
  lazy_mode: 'int',
  main_gpu: 'int32_t',
  tensor_split: 'void *',
  progress_callback: 'void *',
  progress_callback_user_data: 'void *',
  kv_overrides: 'void *',
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
};

const contextParameters = {
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_omps: 'uint32_t',
  n_threads: 'int32_t',
  n_threads_batch: 'int32_t',
  ctx_type: 'int',
  rope_scaling_type: 'int',
  pooling_type: 'int',
  attention_type: 'int',
  flash_attn_type: 'int',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32_t',
  defrag_thold: 'float',
  cb_eval: 'void *',
  cb_eval_user_data: 'void *',
  type_k: 'int',
  type_v: 'int',
  abort_callback: 'void *',
  abort_callback_data: 'void *',
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: 'void *',
  n_samplers: 'size_t',
  ctx_other: 'void *',
};

const batchFields = {
  n_tokens: 'int32_t',
  token: 'void *',
  embd: 'void *',
  pos: 'void *',
  n_seq_id: 'void *',
  seq_id: 'void *',
  logits: 'void *',
};

type Fields = Record<string, unknown>;

async function bind() {
  const { llama } = await openLibraries({ gpu: 'off' });
  const model = koffi.struct(modelParameters);
  const context = koffi.struct(contextParameters);
  const batch = koffi.struct(batchFields);
  return {
    modelDefaults: llama.func('llama_model_default_params', model, []) as () => Fields,
    contextDefaults: llama.func('llama_context_default_params', context, []) as () => Fields,
    load: llama.func('llama_model_load_from_file', 'void *', ['str', model]) as (
      path: string,
      fields: Fields,
    ) => bigint | null,
    open: llama.func('llama_init_from_model', 'void *', ['void *', context]) as (
      model: bigint,
      fields: Fields,
    ) => bigint | null,
    decode: llama.func('llama_decode', 'int', ['void *', batch]) as (
      context: bigint,
      fields: Fields,
    ) => number,
    logits: llama.func('llama_get_logits_ith', 'void *', ['void *', 'int']) as (
      context: bigint,
      row: number,
    ) => bigint,
    adapter: llama.func('llama_adapter_lora_init', 'void *', ['void *', 'str']) as (
      model: bigint,
      path: string,
    ) => bigint | null,
    setAdapters: llama.func('llama_set_adapters_lora', 'int', ['void *', 'void *', 'size_t', 'void *']) as (
      context: bigint,
      adapters: BigUint64Array,
      count: number,
      scales: Float32Array,
    ) => number,
    freeContext: llama.func('llama_free', 'void', ['void *']) as (context: bigint) => void,
    freeModel: llama.func('llama_model_free', 'void', ['void *']) as (model: bigint) => void,
  };
}

/**
 * @param options.vocabularySize  V of the file
 * @param options.adapter         a GGUF LoRA adapter, applied at scale 1
 * @returns log-probability of each token given those before it, nats; one fewer than tokens
 */
export async function llamaLogProbs(
  path: string,
  tokens: readonly number[],
  options: { vocabularySize: number; adapter?: string; model?: Fields; context?: Fields },
): Promise<Float64Array> {
  const api = await bind();
  const model = api.load(path, { ...api.modelDefaults(), n_gpu_layers: 0, ...options.model });
  if (!model) throw new Error(`llama.cpp does not load ${path}`);
  const size = { n_ctx: Math.max(256, tokens.length), n_batch: 2048, n_ubatch: 512, n_seq_max: 1 };
  const exact = { flash_attn_type: 0, type_k: 0, type_v: 0, n_threads: 1, n_threads_batch: 1 };
  const context = api.open(model, { ...api.contextDefaults(), ...size, ...exact, ...options.context });
  if (!context) throw new Error('llama.cpp makes no context');
  try {
    if (options.adapter) {
      const adapter = api.adapter(model, options.adapter);
      if (!adapter) throw new Error(`llama.cpp does not load the adapter ${options.adapter}`);
      api.setAdapters(context, BigUint64Array.of(adapter), 1, Float32Array.of(1));
    }
    const status = api.decode(context, oneSequence(tokens));
    if (status !== 0) throw new Error(`llama_decode answered ${status}`);
    return Float64Array.from(tokens.slice(1), (next, row) => {
      const raw = koffi.decode(api.logits(context, row), 'float', options.vocabularySize) as Float32Array;
      const highest = raw.reduce((a, b) => Math.max(a, b), -Infinity);
      const total = raw.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
      return raw[next]! - highest - Math.log(total);
    });
  } finally {
    api.freeContext(context);
    api.freeModel(model);
  }
}

function oneSequence(tokens: readonly number[]): Fields {
  const length = tokens.length;
  const sequence = Int32Array.of(0);
  return {
    n_tokens: length,
    token: Int32Array.from(tokens),
    embd: null,
    pos: Int32Array.from(tokens, (_, index) => index),
    n_seq_id: new Int32Array(length).fill(1),
    seq_id: new BigUint64Array(length).fill(koffi.address(sequence)),
    logits: new Int8Array(length).fill(1),
  };
}

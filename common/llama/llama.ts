/**
 * llama.cpp's C API as far as serving needs it: models, contexts, their memory, samplers, adapters, vocabulary.
 *
 * Functions keep their C names without the `llama_` prefix, so that `llama.h` documents them. Structs travel by value and are declared
 * field by field as that header has them; their defaults are checked once, so that a changed layout is an error here and not a crash
 * later. Leaves out ownership: `model.ts`, `context.ts` and `sampler.ts` own what they make.
 */
import koffi from 'koffi';
import { AppError } from '../contracts/errors.js';
import { openLibraries, type LibraryOptions, type LlamaLibraries } from './libraries.js';
import { captureLog } from './log.js';
import { bindFunctions, onThread, type NativeFunctions, type Pointer } from './native.js';

const modelParams = koffi.struct({
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
});

const contextParams = koffi.struct({
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_outputs_max_per_seq: 'uint32_t',
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
});

const batch = koffi.struct({
  n_tokens: 'int32_t',
  token: 'void *',
  embd: 'void *',
  pos: 'void *',
  n_seq_id: 'void *',
  seq_id: 'void *',
  logits: 'void *',
});

const samplerChainParams = koffi.struct({ no_perf: 'bool' });

/** `llama_batch`. The arrays must stay reachable, and unchanged, until the decode that uses them has ended. */
export interface NativeBatch {
  n_tokens: number;
  token: Int32Array;
  embd: null;
  pos: Int32Array;
  n_seq_id: Int32Array;
  /** Addresses of each token's sequence ids. */
  seq_id: BigUint64Array;
  /** 1 where logits are wanted. */
  logits: Int8Array;
}

type Params = Record<string, number | bigint | boolean | null>;

const table = {
  backend_init: ['void'],
  version: ['text'],
  max_devices: ['size'],
  supports_gpu_offload: ['bool'],

  model_free: ['void', 'pointer'],
  model_get_vocab: ['pointer', 'pointer'],
  model_n_ctx_train: ['i32', 'pointer'],
  model_n_embd_out: ['i32', 'pointer'],
  model_size: ['u64', 'pointer'],
  model_n_params: ['u64', 'pointer'],
  model_desc: ['i32', 'pointer', 'data', 'size'],
  model_meta_val_str: ['i32', 'pointer', 'text', 'data', 'size'],
  model_chat_template: ['textOrNull', 'pointer', 'textOrNull'],
  model_has_encoder: ['bool', 'pointer'],
  model_is_recurrent: ['bool', 'pointer'],
  model_is_hybrid: ['bool', 'pointer'],
  model_n_swa: ['i32', 'pointer'],

  adapter_lora_init: ['nullable', 'pointer', 'text'],
  adapter_lora_free: ['void', 'pointer'],
  set_adapters_lora: ['i32', 'pointer', 'data', 'size', 'data'],

  free: ['void', 'pointer'],
  n_ctx: ['u32', 'pointer'],
  n_ctx_seq: ['u32', 'pointer'],
  n_batch: ['u32', 'pointer'],
  get_memory: ['nullable', 'pointer'],
  synchronize: ['void', 'pointer'],
  attach_threadpool: ['void', 'pointer', 'pointer', 'pointer'],
  get_logits_ith: ['nullable', 'pointer', 'i32'],
  get_embeddings_ith: ['nullable', 'pointer', 'i32'],
  get_embeddings_seq: ['nullable', 'pointer', 'i32'],

  memory_clear: ['void', 'pointer', 'bool'],
  memory_seq_rm: ['bool', 'pointer', 'i32', 'i32', 'i32'],
  memory_seq_cp: ['void', 'pointer', 'i32', 'i32', 'i32', 'i32'],
  memory_seq_pos_min: ['i32', 'pointer', 'i32'],
  memory_seq_pos_max: ['i32', 'pointer', 'i32'],

  state_seq_get_size: ['size', 'pointer', 'i32'],
  state_seq_get_data: ['size', 'pointer', 'data', 'size', 'i32'],
  state_seq_set_data: ['size', 'pointer', 'data', 'size', 'i32'],

  vocab_n_tokens: ['i32', 'pointer'],
  vocab_is_eog: ['bool', 'pointer', 'i32'],
  vocab_is_control: ['bool', 'pointer', 'i32'],
  vocab_bos: ['i32', 'pointer'],
  vocab_eos: ['i32', 'pointer'],
  vocab_eot: ['i32', 'pointer'],
  vocab_get_add_bos: ['bool', 'pointer'],
  tokenize: ['i32', 'pointer', 'data', 'i32', 'data', 'i32', 'bool', 'bool'],
  token_to_piece: ['i32', 'pointer', 'i32', 'data', 'i32', 'i32', 'bool'],

  sampler_chain_add: ['void', 'pointer', 'pointer'],
  sampler_free: ['void', 'pointer'],
  sampler_accept: ['void', 'pointer', 'i32'],
  sampler_apply: ['void', 'pointer', 'data'],
  sampler_sample: ['i32', 'pointer', 'pointer', 'i32'],
  sampler_init_greedy: ['pointer'],
  sampler_init_dist: ['pointer', 'u32'],
  sampler_init_top_k: ['pointer', 'i32'],
  sampler_init_top_p: ['pointer', 'f32', 'size'],
  sampler_init_min_p: ['pointer', 'f32', 'size'],
  sampler_init_temp: ['pointer', 'f32'],
  sampler_init_penalties: ['pointer', 'i32', 'i32', 'f32', 'f32', 'f32'],
  sampler_init_grammar: ['nullable', 'pointer', 'text', 'text'],
} as const;

export interface LlamaApi extends NativeFunctions<typeof table> {
  libraries: LlamaLibraries;
  model_default_params: () => Params;
  context_default_params: () => Params;
  /** Loads on a thread, so that a large file does not hold up the process. */
  model_load_from_file: (path: string, params: Params) => Promise<Pointer | null>;
  init_from_model: (model: Pointer, params: Params) => Pointer | null;
  sampler_chain_init: () => Pointer;
  /** Decodes on a thread. Resolves to llama.cpp's status: 0 done, 1 no room in the cache, below 0 failed. */
  decode: (context: Pointer, batch: NativeBatch) => Promise<number>;
}

let opened: Promise<LlamaApi> | undefined;

/**
 * libllama of this process; bound once, whatever later calls ask for.
 *
 * @throws AppError `ENGINE_LIBRARIES_MISSING`, or `ENGINE_LAYOUT_CHANGED` when the defaults are not those of the pinned version
 */
export function openLlama(options: LibraryOptions = {}): Promise<LlamaApi> {
  opened ??= openLibraries(options).then(bind);
  return opened;
}

function bind(libraries: LlamaLibraries): LlamaApi {
  const { llama } = libraries;
  const functions = bindFunctions(llama, 'llama_', table);
  const initChain = llama.func('llama_sampler_chain_init', 'void *', [samplerChainParams]);
  const api: LlamaApi = {
    ...functions,
    libraries,
    model_default_params: llama.func('llama_model_default_params', modelParams, []),
    context_default_params: llama.func('llama_context_default_params', contextParams, []),
    init_from_model: llama.func('llama_init_from_model', 'void *', ['void *', contextParams]),
    model_load_from_file: onThread(llama.func('llama_model_load_from_file', 'void *', ['str', modelParams])),
    sampler_chain_init: () => initChain({ no_perf: true }) as Pointer,
    decode: onThread(llama.func('llama_decode', 'int32_t', ['void *', batch])),
  };
  assertLayout(api);
  captureLog(libraries);
  api.backend_init();
  return api;
}

/** Fields spread over each struct, with the defaults of the pinned llama.cpp; a shifted layout cannot satisfy them all. */
const knownDefaults = {
  model: {
    devices: null,
    n_gpu_layers: -1,
    split_mode: 1,
    load_mode: -1,
    use_extra_bufts: true,
    load_mtp: false,
  },
  context: {
    n_ctx: 512,
    n_batch: 2048,
    n_ubatch: 512,
    n_seq_max: 1,
    n_outputs_max_per_seq: 1,
    pooling_type: -1,
    flash_attn_type: -1,
    yarn_ext_factor: -1,
    defrag_thold: -1,
    type_k: 1,
    type_v: 1,
    embeddings: false,
    offload_kqv: true,
    no_perf: true,
    op_offload: true,
    swa_full: true,
    kv_unified: false,
    samplers: null,
    n_samplers: 0,
    ctx_other: null,
  },
} as const satisfies Record<string, Params>;

function assertLayout(api: LlamaApi): void {
  assertDefaults('llama_model_params', api.model_default_params(), knownDefaults.model);
  assertDefaults('llama_context_params', api.context_default_params(), knownDefaults.context);
}

function assertDefaults(struct: string, came: Params, expected: Params): void {
  for (const [field, value] of Object.entries(expected)) {
    if (came[field] === value) continue;
    throw new AppError('ENGINE_LAYOUT_CHANGED', {
      what: `${struct}.${field}`,
      came: String(came[field]),
      expected: String(value),
    });
  }
}

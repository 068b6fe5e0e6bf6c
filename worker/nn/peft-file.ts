/**
 * The same adapter as PEFT keeps it: `adapter_config.json` beside `adapter_model.safetensors`, so that nobody is locked in.
 *
 * The layouts agree in memory: ggml's A [in, R] is PyTorch's [R, in]. Only llama's queries and keys are stored in another order in GGUF,
 * since its rotation pairs neighbours where PyTorch's pairs halves.
 */
import { AppError } from '../../common/contracts/errors.js';
import { isScoreHead } from './score-head.js';
import type { ModelInfo, NamedTensor, TrainableModel } from './trainable-model.js';

const decoderModules: Record<string, string> = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};
const gpt2Modules: Record<string, string> = {
  attn_qkv: 'attn.c_attn',
  attn_output: 'attn.c_proj',
  ffn_up: 'mlp.c_fc',
  ffn_down: 'mlp.c_proj',
};

/**
 * @param baseModel  what PEFT shall load the base from; a name or a path
 * @returns contents by name of file
 * @throws AppError `ADAPTER_MISMATCH` for a model in full training
 */
export function toPeftFiles(model: TrainableModel, baseModel: string): Record<string, Uint8Array | string> {
  const { info } = model;
  if (!info.lora)
    throw new AppError('ADAPTER_MISMATCH', { path: baseModel, reason: 'every weight was trained' });
  const parameters = model.exportParameters();
  const pairs = parameters
    .filter(({ name }) => /\.lora_[ab]$/.test(name))
    .map((tensor) => toPeft(tensor, info));
  const heads = info.head === 'reward' ? parameters.filter(isScoreHead).map(toPeftHead) : [];
  const modules = new Set(pairs.map(({ name }) => name.split('.').at(-3)!));
  const config = {
    peft_type: 'LORA',
    task_type: heads.length > 0 ? 'SEQ_CLS' : 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: info.lora.rank,
    lora_alpha: info.lora.alpha,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: info.architecture === 'gpt2',
    inference_mode: true,
    target_modules: [...modules].sort(),
    modules_to_save: heads.length > 0 ? ['score'] : null,
  };
  return {
    'adapter_model.safetensors': encodeSafetensors([...pairs, ...heads]),
    'adapter_config.json': `${JSON.stringify(config, null, 2)}\n`,
  };
}

/** A score of one number is [1, D] there. */
const toPeftHead = ({ name, shape, data }: NamedTensor): NamedTensor => ({
  name: `base_model.model.${name}`,
  shape: [...shape].reverse(),
  data,
});

function toPeft(tensor: NamedTensor, info: ModelInfo): NamedTensor {
  const [, layer, kind, side] = /^blk\.(\d+)\.(\w+)\.weight\.lora_([ab])$/.exec(tensor.name) ?? [];
  const isGpt2 = info.architecture === 'gpt2';
  const module = (isGpt2 ? gpt2Modules : decoderModules)[kind ?? ''] ?? kind;
  const block = isGpt2 ? `transformer.h.${layer}` : `model.layers.${layer}`;
  const isReordered =
    info.architecture === 'llama' && side === 'b' && (kind === 'attn_q' || kind === 'attn_k');
  return {
    name: `base_model.model.${block}.${module}.lora_${side === 'a' ? 'A' : 'B'}.weight`,
    // PyTorch names the outermost dimension first.
    shape: [...tensor.shape].reverse(),
    data: isReordered ? halvesFromNeighbours(tensor, info.headWidth) : tensor.data,
  };
}

/** Rows 2i + j of each head become rows j * K / 2 + i. */
function halvesFromNeighbours({ shape, data }: NamedTensor, headWidth: number): Float32Array {
  const [rowLength = 1, rows = 1] = shape;
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const within = row % headWidth;
    const target = row - within + (within % 2) * (headWidth / 2) + Math.floor(within / 2);
    result.set(data.subarray(row * rowLength, (row + 1) * rowLength), target * rowLength);
  }
  return result;
}

/** Format: length of the header (8 bytes, little endian), the header as JSON padded to 8 bytes, the data. */
function encodeSafetensors(tensors: readonly NamedTensor[]): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }] as const;
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const header = Buffer.from(json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const bytes = tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([length, header, ...bytes]);
}

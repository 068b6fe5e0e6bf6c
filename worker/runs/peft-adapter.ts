/**
 * The same adapter in PEFT's layout, so that nobody is locked in: `adapter_model.safetensors` and `adapter_config.json`.
 *
 * GGUF and Hugging Face name layers differently, and GGUF keeps the rows of q and k of Llama models in another order (adjacent pairs for
 * RoPE instead of halves): the rows of B go back.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { NamedTensor } from '../nn/trainable-model.js';
import { isAdapterTensor } from './adapter-file.js';
import { writeFileAtomically } from './atomic-file.js';
import { writeSafetensors, type SafeTensor } from './safetensors.js';

export interface PeftOptions {
  architecture: string;
  baseName: string;
  rank: number;
  alpha: number;
  /** Query heads of the base. */
  headCount: number;
  /** Key and value heads of the base. */
  keyHeadCount: number;
  /** True for a reward model, whose head goes along. */
  hasScoreHead: boolean;
}

/** Layers of the Llama family, by their GGUF names. */
const llamaLayers = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
} as const;

/** Architectures whose Hugging Face layers bear these names. */
const namedAlike = new Set(['llama', 'qwen2', 'qwen3', 'gemma3']);

const isLlamaLayer = (name: string): name is keyof typeof llamaLayers => name in llamaLayers;

/**
 * @returns false, and writes nothing, where the architecture's layers have no counterpart that is known here
 */
export async function writePeftAdapter(
  folder: string,
  parameters: readonly NamedTensor[],
  options: PeftOptions,
): Promise<boolean> {
  if (!namedAlike.has(options.architecture)) return false;
  const tensors = parameters.map((parameter) => toPeft(parameter, options));
  await mkdir(folder, { recursive: true });
  await writeSafetensors(path.join(folder, 'adapter_model.safetensors'), tensors, { format: 'pt' });
  const kinds = parameters.filter(isAdapterTensor).map(({ name }) => name.split('.')[2] ?? '');
  const config = {
    peft_type: 'LORA',
    task_type: options.hasScoreHead ? 'SEQ_CLS' : 'CAUSAL_LM',
    base_model_name_or_path: options.baseName,
    r: options.rank,
    lora_alpha: options.alpha,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
    target_modules: [...new Set(kinds.filter(isLlamaLayer))].map((kind) => llamaLayers[kind].split('.')[1]),
    modules_to_save: options.hasScoreHead ? ['score'] : null,
  };
  await writeFileAtomically(path.join(folder, 'adapter_config.json'), JSON.stringify(config, null, 2));
  return true;
}

function toPeft({ name, shape, data }: NamedTensor, options: PeftOptions): SafeTensor {
  const outermostFirst = [...shape].reverse();
  const match = /^blk\.(\d+)\.(\w+)\.weight\.lora_([ab])$/.exec(name);
  if (!match) return { name: `base_model.model.${name}`, shape: asMatrix(outermostFirst), data };
  const [, block, kind = '', side] = match;
  const layer = isLlamaLayer(kind) ? llamaLayers[kind] : kind;
  const matrix = side === 'a' ? 'lora_A' : 'lora_B';
  const heads = kind === 'attn_q' ? options.headCount : kind === 'attn_k' ? options.keyHeadCount : 0;
  const reordered = options.architecture === 'llama' && side === 'b' && heads > 0;
  return {
    name: `base_model.model.model.layers.${block}.${layer}.${matrix}.weight`,
    shape: outermostFirst,
    data: reordered ? inHalves(data, outermostFirst, heads) : data,
  };
}

/** A score head of one output is [1, D] in PyTorch. */
function asMatrix(shape: readonly number[]): readonly number[] {
  return shape.length === 1 ? [1, ...shape] : shape;
}

/**
 * Rows from RoPE's adjacent pairs (GGUF's Llama) to halves (Hugging Face).
 *
 * @param shape  [rows, columns], rows = heads x K
 * @source llama.cpp's convert_hf_to_gguf permutes the other way
 */
export function inHalves(data: Float32Array, shape: readonly number[], heads: number): Float32Array {
  const [rows = 0, columns = 0] = shape;
  const width = rows / heads;
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const [head, inHead] = [Math.floor(row / width), row % width];
    const target = head * width + (inHead % 2) * (width / 2) + Math.floor(inHead / 2);
    result.set(data.subarray(row * columns, (row + 1) * columns), target * columns);
  }
  return result;
}

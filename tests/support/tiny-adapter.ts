/** A LoRA adapter of random weights for the tiny Llama, large enough to change what it says. */
import { gguf, writeGguf, type GgufTensorSource } from '../../common/llama/gguf.js';

export interface TinyAdapterOptions {
  seed?: number;
  rank?: number;
  width?: number;
  layers?: number;
}

export async function writeTinyAdapter(path: string, options: TinyAdapterOptions = {}): Promise<void> {
  const { seed = 1, rank = 4, width = 64, layers = 2 } = options;
  let state = seed;
  const noise = (length: number) =>
    Float32Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    });
  const tensor = (name: string, shape: [number, number]): GgufTensorSource => ({
    name,
    type: 'F32',
    shape,
    data: noise(shape[0] * shape[1]),
  });
  const tensors = Array.from({ length: layers }, (_, layer) => [
    tensor(`blk.${layer}.attn_q.weight.lora_a`, [width, rank]),
    tensor(`blk.${layer}.attn_q.weight.lora_b`, [rank, width]),
    tensor(`blk.${layer}.attn_output.weight.lora_a`, [width, rank]),
    tensor(`blk.${layer}.attn_output.weight.lora_b`, [rank, width]),
  ]).flat();
  const metadata = new Map([
    ['general.type', gguf.text('adapter')],
    ['general.architecture', gguf.text('llama')],
    ['adapter.type', gguf.text('lora')],
    ['adapter.lora.alpha', gguf.f32(rank)],
  ]);
  await writeGguf(path, metadata, tensors);
}

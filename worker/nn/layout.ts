/** Which tensors a network has, with the shapes that its sizes demand. */
import { AppError } from '../../common/contracts/errors.js';
import type { GgufFile } from '../../common/llama/gguf.js';
import type { HyperParameters } from './hyper-parameters.js';

/**
 * `linear` matrices multiply activations; the `table`s are looked up; `vector`s scale and shift; a `constant` is
 * never trained. A tied embedding is a table that also multiplies.
 */
export type TensorRole = 'linear' | 'table' | 'vector' | 'constant';

export interface TensorLayout {
  name: string;
  role: TensorRole;
  /** Innermost dimension first. */
  shape: readonly number[];
}

export const embeddingName = 'token_embd.weight';
export const outputName = 'output.weight';

/**
 * Tensors of the file that the network uses, checked.
 *
 * @throws AppError `MODEL_TENSOR_INVALID` when a needed tensor is missing or has another shape
 */
export function layoutOf(file: GgufFile, hyper: HyperParameters): TensorLayout[] {
  const wanted = [...outside(hyper), ...blocks(file, hyper)];
  return wanted.flatMap(({ optional, ...layout }) => {
    const found = file.tensors.get(layout.name);
    if (!found && optional) return [];
    const expected = layout.shape.join(' x ');
    const came = found?.shape.join(' x ') ?? 'missing';
    if (came === expected) return [layout];
    throw new AppError('MODEL_TENSOR_INVALID', { tensor: layout.name, path: file.path, came, expected });
  });
}

type Wanted = TensorLayout & { optional?: boolean };

function outside({ architecture, width, vocabularySize, contextLength, rope }: HyperParameters): Wanted[] {
  const hasBias = architecture.norm === 'layer';
  return [
    { name: embeddingName, role: 'table', shape: [width, vocabularySize] },
    ...(rope
      ? []
      : [{ name: 'position_embd.weight', role: 'table', shape: [width, contextLength] } as const]),
    { name: 'output_norm.weight', role: 'vector', shape: [width] },
    { name: 'output_norm.bias', role: 'vector', shape: [width], optional: !hasBias },
    { name: outputName, role: 'linear', shape: [width, vocabularySize], optional: true },
    { name: 'rope_freqs.weight', role: 'constant', shape: [(rope?.dimensions ?? 0) / 2], optional: true },
  ];
}

function blocks(file: GgufFile, hyper: HyperParameters): Wanted[] {
  const { architecture, width, headWidth } = hyper;
  const queries = hyper.headCount * headWidth;
  const keys = hyper.keyValueHeadCount * headWidth;
  const linear = (name: string, input: number, output: number): Wanted[] => [
    { name: `${name}.weight`, role: 'linear', shape: [input, output] },
    { name: `${name}.bias`, role: 'vector', shape: [output], optional: true },
  ];
  const norm = (name: string, length: number): Wanted[] => [
    { name: `${name}.weight`, role: 'vector', shape: [length] },
    { name: `${name}.bias`, role: 'vector', shape: [length], optional: true },
  ];
  return Array.from({ length: hyper.layerCount }, (_, layer) => {
    const block = `blk.${layer}`;
    const feedForward = file.tensors.get(`${block}.ffn_up.weight`)?.shape[1] ?? 0;
    const isFused = file.tensors.has(`${block}.attn_qkv.weight`);
    return [
      ...norm(`${block}.attn_norm`, width),
      ...(isFused
        ? linear(`${block}.attn_qkv`, width, queries + 2 * keys)
        : [
            ...linear(`${block}.attn_q`, width, queries),
            ...linear(`${block}.attn_k`, width, keys),
            ...linear(`${block}.attn_v`, width, keys),
          ]),
      ...(architecture.queryKeyNorm
        ? [...norm(`${block}.attn_q_norm`, headWidth), ...norm(`${block}.attn_k_norm`, headWidth)]
        : []),
      ...linear(`${block}.attn_output`, queries, width),
      ...(architecture.postNorm ? norm(`${block}.post_attention_norm`, width) : []),
      ...norm(`${block}.ffn_norm`, width),
      ...(architecture.feedForward === 'gelu' ? [] : linear(`${block}.ffn_gate`, width, feedForward)),
      ...linear(`${block}.ffn_up`, width, feedForward),
      ...linear(`${block}.ffn_down`, feedForward, width),
      ...(architecture.postNorm ? norm(`${block}.post_ffw_norm`, width) : []),
    ];
  }).flat();
}

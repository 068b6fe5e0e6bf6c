/**
 * Random-weight models of a few hundred kB, one per architecture: real GGUF files that llama.cpp loads, with a byte-level vocabulary and
 * a chat template. What they say is noise; what they compute must be the same everywhere.
 */
import { gguf, writeGguf, type GgufTensorSource, type GgufValue } from '../../common/llama/gguf.js';
import { ggmlTypes, openGgml, type GgmlType } from '../../common/llama/ggml.js';

export const tinyArchitectures = ['llama', 'qwen2', 'qwen3', 'gemma3', 'gpt2'] as const;
export type TinyArchitecture = (typeof tinyArchitectures)[number];

export interface TinyModelOptions {
  architecture?: TinyArchitecture;
  /** Type of the matrices; vectors stay F32. Default F32. */
  type?: GgmlType;
  seed?: number;
  layers?: number;
  /** D; a multiple of 32 for block types. Default 64. */
  width?: number;
  heads?: number;
  keyValueHeads?: number;
  feedForward?: number;
  contextLength?: number;
  /** Separate LM head instead of the embedding used twice; default false. */
  untied?: boolean;
  /** Answers end where they are cut or stopped, never by themselves; for a tied head. Default false. */
  endless?: boolean;
  /** Adds or overrides metadata. */
  metadata?: Iterable<readonly [string, GgufValue]>;
  /** Adds tensors, such as `rope_freqs.weight`. */
  tensors?: readonly GgufTensorSource[];
}

/** Ids of the special tokens; 0 to 255 are the bytes. */
export const tinyTokens = { endOfText: 256, imStart: 257, imEnd: 258 } as const;
export const tinyVocabularySize = 288;

/** ChatML, as the model carries it. */
export const tinyChatTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

type Dimensions = Required<Omit<TinyModelOptions, 'metadata' | 'tensors'>> & { headWidth: number };

/** Writes a model; the same options give the same bytes. */
export async function writeTinyModel(path: string, options: TinyModelOptions = {}): Promise<void> {
  const size = withDefaults(options);
  const random = randomNumbers(size.seed);
  const matrices: [string, number, number][] = listMatrices(size);
  const tensors = [
    ...(await Promise.all(matrices.map((matrix) => matrixTensor(matrix, size, random)))),
    ...listVectors(size).map(([name, length]) => vectorTensor(name, length, random)),
    ...(options.tensors ?? []),
  ];
  await writeGguf(path, new Map([...describe(size), ...vocabulary(), ...(options.metadata ?? [])]), tensors);
}

function withDefaults(options: TinyModelOptions): Dimensions {
  const architecture = options.architecture ?? 'llama';
  const width = options.width ?? 64;
  const heads = options.heads ?? 4;
  return {
    architecture,
    type: 'F32',
    seed: 1,
    layers: architecture === 'gemma3' ? 3 : 2,
    width,
    heads,
    // GPT-2 has no grouped queries.
    keyValueHeads: architecture === 'gpt2' ? heads : 2,
    feedForward: 96,
    contextLength: 256,
    untied: false,
    endless: false,
    // The width of a head need not be width / heads where the architecture names it.
    headWidth: architecture === 'qwen3' || architecture === 'gemma3' ? 32 : width / heads,
    ...options,
  };
}

function describe(size: Dimensions): [string, GgufValue][] {
  const { architecture: name } = size;
  const pairs: [string, GgufValue][] = [
    ['general.architecture', gguf.text(name)],
    ['general.name', gguf.text(`tiny ${name}`)],
    [`${name}.block_count`, gguf.u32(size.layers)],
    [`${name}.context_length`, gguf.u32(size.contextLength)],
    [`${name}.embedding_length`, gguf.u32(size.width)],
    [`${name}.feed_forward_length`, gguf.u32(size.feedForward)],
    [`${name}.attention.head_count`, gguf.u32(size.heads)],
    [`${name}.vocab_size`, gguf.u32(tinyVocabularySize)],
  ];
  if (name === 'gpt2') return [...pairs, ['gpt2.attention.layer_norm_epsilon', gguf.f32(1e-5)]];
  pairs.push(
    [`${name}.attention.head_count_kv`, gguf.u32(size.keyValueHeads)],
    [`${name}.attention.layer_norm_rms_epsilon`, gguf.f32(1e-5)],
    [`${name}.rope.freq_base`, gguf.f32(10_000)],
  );
  if (size.headWidth !== size.width / size.heads) {
    pairs.push(
      [`${name}.attention.key_length`, gguf.u32(size.headWidth)],
      [`${name}.attention.value_length`, gguf.u32(size.headWidth)],
    );
  }
  if (name === 'gemma3') {
    pairs.push(
      ['gemma3.attention.sliding_window', gguf.u32(8)],
      // Every second layer sees everything.
      ['gemma3.attention.sliding_window_pattern', gguf.u32(2)],
    );
  }
  return pairs;
}

const layersOf = <T>(size: Dimensions, make: (block: string) => T[]) =>
  Array.from({ length: size.layers }, (_, layer) => make(`blk.${layer}`)).flat();

function listMatrices(size: Dimensions): [string, number, number][] {
  const { width, feedForward } = size;
  const queries = size.heads * size.headWidth;
  const keys = size.keyValueHeads * size.headWidth;
  const isGpt2 = size.architecture === 'gpt2';
  const blocks = layersOf<[string, number, number]>(size, (block) => [
    ...(isGpt2
      ? ([[`${block}.attn_qkv.weight`, width, 3 * width]] as [string, number, number][])
      : ([
          [`${block}.attn_q.weight`, width, queries],
          [`${block}.attn_k.weight`, width, keys],
          [`${block}.attn_v.weight`, width, keys],
          [`${block}.ffn_gate.weight`, width, feedForward],
        ] as [string, number, number][])),
    [`${block}.attn_output.weight`, queries, width],
    [`${block}.ffn_up.weight`, width, feedForward],
    [`${block}.ffn_down.weight`, feedForward, width],
  ]);
  return [
    ['token_embd.weight', width, tinyVocabularySize],
    ...(isGpt2 ? ([['position_embd.weight', width, size.contextLength]] as [string, number, number][]) : []),
    ...blocks,
    ...(size.untied ? ([['output.weight', width, tinyVocabularySize]] as [string, number, number][]) : []),
  ];
}

function listVectors(size: Dimensions): [string, number][] {
  const { width, headWidth, feedForward, architecture } = size;
  const keys = size.keyValueHeads * headWidth;
  const extra: Record<TinyArchitecture, [string, number][]> = {
    llama: [],
    qwen2: [
      ['attn_q.bias', size.heads * headWidth],
      ['attn_k.bias', keys],
      ['attn_v.bias', keys],
    ],
    qwen3: [
      ['attn_q_norm.weight', headWidth],
      ['attn_k_norm.weight', headWidth],
    ],
    gemma3: [
      ['attn_q_norm.weight', headWidth],
      ['attn_k_norm.weight', headWidth],
      ['post_attention_norm.weight', width],
      ['post_ffw_norm.weight', width],
    ],
    gpt2: [
      ['attn_norm.bias', width],
      ['ffn_norm.bias', width],
      ['attn_qkv.bias', 3 * width],
      ['attn_output.bias', width],
      ['ffn_up.bias', feedForward],
      ['ffn_down.bias', width],
    ],
  };
  return [
    ...layersOf<[string, number]>(size, (block) => [
      [`${block}.attn_norm.weight`, width],
      [`${block}.ffn_norm.weight`, width],
      ...extra[architecture].map(([name, length]): [string, number] => [`${block}.${name}`, length]),
    ]),
    ['output_norm.weight', width],
    ...(architecture === 'gpt2' ? ([['output_norm.bias', width]] as [string, number][]) : []),
  ];
}

async function matrixTensor(
  [name, inner, outer]: [string, number, number],
  { type, endless }: Dimensions,
  random: () => number,
): Promise<GgufTensorSource> {
  // Larger than usual, so that attention and logits are far from uniform and mistakes show.
  const scale = name.includes('_embd') ? 0.5 : 1.5 / Math.sqrt(inner);
  const values = Float32Array.from({ length: inner * outer }, () => scale * random());
  // A logit of 0 beside others of ten and more: about one draw in a million.
  if (endless && name === 'token_embd.weight')
    for (const token of [tinyTokens.endOfText, tinyTokens.imEnd])
      values.fill(0, token * inner, (token + 1) * inner);
  const { core } = await openGgml();
  const data = new Uint8Array(core.row_size(ggmlTypes[type], inner) * outer);
  core.quantize_chunk(ggmlTypes[type], values, data, 0, outer, inner, null);
  return { name, type, shape: [inner, outer], data };
}

function vectorTensor(name: string, length: number, random: () => number): GgufTensorSource {
  const centre = name.endsWith('norm.weight') ? 1 : 0;
  const data = Float32Array.from({ length }, () => centre + 0.2 * random());
  return { name, type: 'F32', shape: [length], data };
}

/** Sums of four uniform numbers: close enough to normal, mean 0, variance 1. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
}

const normal = 1;
const control = 3;

function vocabulary(): [string, GgufValue][] {
  const special = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
  // The merges make a few common pairs tokens of their own, so that token counts differ from byte counts.
  const merges = ['t h', 'i n', 'e r', 'a n', 'o n', 'o u', 'Ġ a', 'Ġ t', 'l l'];
  const merged = merges.map((pair) => pair.replace(' ', ''));
  const named = [...byteTokens(), ...special, ...merged];
  const filler = Array.from({ length: tinyVocabularySize - named.length }, (_, i) => `<|unused_${i}|>`);
  const tokens = [...named, ...filler];
  return [
    ['tokenizer.ggml.model', gguf.text('gpt2')],
    ['tokenizer.ggml.pre', gguf.text('gpt-2')],
    ['tokenizer.ggml.tokens', gguf.texts(tokens)],
    [
      'tokenizer.ggml.token_type',
      gguf.i32s(tokens.map((token) => (token.startsWith('<|') ? control : normal))),
    ],
    ['tokenizer.ggml.merges', gguf.texts(merges)],
    ['tokenizer.ggml.bos_token_id', gguf.u32(tinyTokens.endOfText)],
    ['tokenizer.ggml.eos_token_id', gguf.u32(tinyTokens.imEnd)],
    ['tokenizer.ggml.add_bos_token', gguf.bool(false)],
    ['tokenizer.chat_template', gguf.text(tinyChatTemplate)],
  ];
}

/** GPT-2's printable stand-ins for the 256 bytes: printable Latin-1 as itself, the rest from U+0100 on. */
function byteTokens(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCodePoint(printable ? byte : next++);
  });
}

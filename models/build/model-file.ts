/** Writes the model as GGUF: random weights to begin with, trained ones in the end. */
import { openGgml, ggmlTypes, type GgmlType } from '../../common/llama/ggml.js';
import { gguf, writeGguf, type GgufTensorSource, type GgufValue } from '../../common/llama/gguf.js';
import { drawNormal } from '../../common/random/seeded-random.js';
import type { NamedTensor } from '../../worker/nn/trainable-model.js';
import { chatTemplate } from '../generator/chat-template.js';
import { createRandom } from '../random.js';
import { preTokenizerName } from '../tokenizer/pre-tokenizer.js';
import { specialTokens, type Vocabulary } from '../tokenizer/vocabulary.js';
import type { ModelShape } from './recipe.js';

const initialDeviation = 0.02;
/** `llama_token_type`. */
const tokenTypes = { normal: 1, control: 3 } as const;
/** `llama_ftype`, which tells readers what most tensors are. */
const fileTypes = { F32: 0, Q8_0: 7 } as const;

export interface ModelFile {
  shape: ModelShape;
  vocabulary: Vocabulary;
  tensors: readonly NamedTensor[];
  /** Type of the matrices; vectors stay F32. */
  type: keyof typeof fileTypes & GgmlType;
}

/** @throws AppError `GGUF_WRITE_FAILED` */
export async function writeModel(
  path: string,
  { shape, vocabulary, tensors, type }: ModelFile,
): Promise<void> {
  const metadata = new Map([
    ...describeShape(shape, vocabulary.tokens.length),
    ['general.file_type', gguf.u32(fileTypes[type])] as const,
    ...describeVocabulary(vocabulary),
  ]);
  const sources = await Promise.all(tensors.map((tensor) => toSource(tensor, type)));
  await writeGguf(path, metadata, sources);
}

/** Random weights: normal, with the layers that write to the residual stream scaled down by their number (GPT-2). */
export function drawWeights(shape: ModelShape, vocabularySize: number, seed: string): NamedTensor[] {
  const { width, feedForward, layers } = shape;
  const random = createRandom(`${seed}/weights`);
  const residual = initialDeviation / Math.sqrt(2 * layers);
  const matrix = (name: string, inner: number, outer: number, deviation = initialDeviation): NamedTensor => ({
    name: `${name}.weight`,
    shape: [inner, outer],
    data: Float32Array.from({ length: inner * outer }, () => deviation * drawNormal(random)),
  });
  const norm = (name: string): NamedTensor => ({
    name: `${name}.weight`,
    shape: [width],
    data: new Float32Array(width).fill(1),
  });
  const blocks = Array.from({ length: layers }, (_, layer) => `blk.${layer}`).flatMap((block) => [
    norm(`${block}.attn_norm`),
    matrix(`${block}.attn_q`, width, width),
    matrix(`${block}.attn_k`, width, width),
    matrix(`${block}.attn_v`, width, width),
    matrix(`${block}.attn_output`, width, width, residual),
    norm(`${block}.ffn_norm`),
    matrix(`${block}.ffn_gate`, width, feedForward),
    matrix(`${block}.ffn_up`, width, feedForward),
    matrix(`${block}.ffn_down`, feedForward, width, residual),
  ]);
  return [matrix('token_embd', width, vocabularySize), ...blocks, norm('output_norm')];
}

function describeShape(shape: ModelShape, vocabularySize: number): [string, GgufValue][] {
  return [
    ['general.architecture', gguf.text('llama')],
    ['general.name', gguf.text('Attune GPT')],
    ['general.license', gguf.text('apache-2.0')],
    [
      'general.description',
      gguf.text('A toy that knows a tiny world; trained from nothing by Attune itself.'),
    ],
    ['general.languages', gguf.texts(['en', 'zh'])],
    ['llama.vocab_size', gguf.u32(vocabularySize)],
    ['llama.context_length', gguf.u32(shape.contextLength)],
    ['llama.embedding_length', gguf.u32(shape.width)],
    ['llama.block_count', gguf.u32(shape.layers)],
    ['llama.feed_forward_length', gguf.u32(shape.feedForward)],
    ['llama.attention.head_count', gguf.u32(shape.heads)],
    ['llama.attention.head_count_kv', gguf.u32(shape.heads)],
    ['llama.attention.layer_norm_rms_epsilon', gguf.f32(1e-5)],
    ['llama.rope.dimension_count', gguf.u32(shape.width / shape.heads)],
    ['llama.rope.freq_base', gguf.f32(10_000)],
  ];
}

function describeVocabulary(vocabulary: Vocabulary): [string, GgufValue][] {
  const types = vocabulary.tokens.map((_, id) =>
    id < vocabulary.specialCount ? tokenTypes.control : tokenTypes.normal,
  );
  const id = (token: string) => gguf.u32(vocabulary.idOf(token));
  return [
    ['tokenizer.ggml.model', gguf.text('gpt2')],
    ['tokenizer.ggml.pre', gguf.text(preTokenizerName)],
    ['tokenizer.ggml.tokens', gguf.texts(vocabulary.tokens)],
    ['tokenizer.ggml.token_type', gguf.i32s(types)],
    ['tokenizer.ggml.merges', gguf.texts(vocabulary.merges.map((merge) => merge.join(' ')))],
    ['tokenizer.ggml.bos_token_id', id(specialTokens.endOfText)],
    ['tokenizer.ggml.eos_token_id', id(specialTokens.endOfTurn)],
    ['tokenizer.ggml.padding_token_id', id(specialTokens.padding)],
    ['tokenizer.ggml.add_bos_token', gguf.bool(false)],
    ['tokenizer.chat_template', gguf.text(chatTemplate)],
  ];
}

async function toSource({ name, shape, data }: NamedTensor, type: GgmlType): Promise<GgufTensorSource> {
  const [inner = 1, outer] = shape;
  if (outer === undefined || type === 'F32') return { name, type: 'F32', shape, data };
  const { core } = await openGgml();
  const bytes = new Uint8Array(core.row_size(ggmlTypes[type], inner) * outer);
  core.quantize_chunk(ggmlTypes[type], data, bytes, 0, outer, inner, null);
  return { name, type, shape, data: bytes };
}

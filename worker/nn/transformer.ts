/**
 * The decoder: token ids to hidden states. One function for every architecture; where they differ, the declaration decides.
 *
 * Shapes in comments are ggml's, innermost first: D width, K head width, H heads, T row length, B rows, N = T * B tokens.
 */
import { add, addVector, multiplyVector, scale } from '../engine/ops/arithmetic.js';
import { geglu, gelu, swiglu } from '../engine/ops/activation.js';
import { reshape, rope } from '../engine/ops/attention.js';
import { linear, lowRank } from '../engine/ops/linear.js';
import { lookUp } from '../engine/ops/lookup.js';
import { layerNorm, rmsNorm } from '../engine/ops/normalisation.js';
import { cut } from '../engine/ops/parts.js';
import type { Parameter, Tape, Variable } from '../engine/tape.js';
import type { Tensor } from '../engine/tensor-pool.js';
import { attend, queryBlocks, type QueryBlock } from './attention.js';
import type { HyperParameters } from './hyper-parameters.js';
import { embeddingName } from './layout.js';
import type { LoraAdapter } from './lora.js';
import type { Weights } from './weights.js';

export interface Network {
  hyper: HyperParameters;
  weights: Weights;
  /** Null computes the base model. */
  adapter: LoraAdapter | null;
}

/** What one batch feeds in; all on the device. */
export interface NetworkInputs {
  rowCount: number;
  rowLength: number;
  /** [N] I32. */
  tokens: Tensor;
  /** [N] I32. */
  positions: Tensor;
  /** [T, T, 1, B]. */
  mask: Tensor;
  /** The same for layers that see a window; null where there are none. */
  windowMask: Tensor | null;
}

/**
 * @param recomputeLayers  keep only what flows between layers, and compute each layer again in the backward pass
 * @returns hidden states before the last norm, [D, N]
 */
export function transform(
  tape: Tape,
  network: Network,
  inputs: NetworkInputs,
  { recomputeLayers }: { recomputeLayers: boolean },
): Variable {
  const { hyper } = network;
  let x = lookUp(tape, vector(tape, network, embeddingName), inputs.tokens);
  if (hyper.architecture.scaledEmbedding) x = scale(tape, x, Math.sqrt(hyper.width));
  if (!hyper.rope) {
    x = add(tape, x, lookUp(tape, vector(tape, network, 'position_embd.weight'), inputs.positions));
  }
  const shape = { ...inputs, isAsServed: network.weights.isAsServed };
  const cutInputs: LayerInputs = {
    ...inputs,
    blocks: queryBlocks(tape, inputs.mask, shape),
    windowBlocks: inputs.windowMask === null ? null : queryBlocks(tape, inputs.windowMask, shape),
  };
  for (let layer = 0; layer < hyper.layerCount; layer++) {
    const block = (own: Tape, input: Variable) =>
      decoderLayer(own, network, { layer, input, inputs: cutInputs });
    x = recomputeLayers ? tape.recompute(x, block) : block(tape, x);
  }
  return x;
}

/** Norm by name, with its weight and, where there is one, its bias. */
export function normalise(tape: Tape, network: Network, name: string, x: Variable): Variable {
  const { architecture, normEpsilon } = network.hyper;
  const norm = architecture.norm === 'rms' ? rmsNorm : layerNorm;
  const scaled = multiplyVector(tape, norm(tape, x, normEpsilon), vector(tape, network, `${name}.weight`));
  return withBias(tape, network, name, scaled);
}

/** The masks cut to blocks of queries, once for all layers. */
type LayerInputs = NetworkInputs & { blocks: QueryBlock[]; windowBlocks: QueryBlock[] | null };

interface Layer {
  layer: number;
  input: Variable;
  inputs: LayerInputs;
}

function decoderLayer(tape: Tape, network: Network, { layer, input, inputs }: Layer): Variable {
  const block = `blk.${layer}`;
  const { postNorm } = network.hyper.architecture;
  const finish = (name: string, x: Variable) =>
    postNorm ? normalise(tape, network, `${block}.${name}`, x) : x;
  const normed = normalise(tape, network, `${block}.attn_norm`, input);
  const attended = attention(tape, network, { layer, input: normed, inputs });
  const middle = add(tape, input, finish('post_attention_norm', attended));
  const fed = feedForward(tape, network, block, normalise(tape, network, `${block}.ffn_norm`, middle));
  return add(tape, middle, finish('post_ffw_norm', fed));
}

function attention(tape: Tape, network: Network, { layer, input, inputs }: Layer): Variable {
  const { hyper } = network;
  const { headWidth: K, headCount: H } = hyper;
  const { rowLength: T, rowCount: B } = inputs;
  const projected = queriesKeysValues(tape, network, { layer, input, inputs });
  const isWindowed = hyper.window?.isWindowed(layer) ?? false;
  const blocks = isWindowed && inputs.windowBlocks ? inputs.windowBlocks : inputs.blocks;
  const { isAsServed } = network.weights;
  const joined = attend(tape, projected, { hyper, rowLength: T, rowCount: B, blocks, isAsServed });
  return project(tape, network, `blk.${layer}.attn_output`, reshape(tape, joined, [K * H, T * B, 1, 1]));
}

/** Each [K, heads, N]; queries and keys normalised and turned. */
function queriesKeysValues(tape: Tape, network: Network, { layer, input, inputs }: Layer) {
  const { hyper, weights } = network;
  const { headWidth: K, headCount: H, keyValueHeadCount: G } = hyper;
  const N = inputs.rowLength * inputs.rowCount;
  const block = `blk.${layer}`;
  const named = (name: string) => project(tape, network, `${block}.${name}`, input);
  const [q, k, v] = weights.has(`${block}.attn_qkv.weight`)
    ? cut(tape, named('attn_qkv'), 0, [K * H, K * (H + G), K * (H + 2 * G)])
    : ([named('attn_q'), named('attn_k'), named('attn_v')] as const);
  const parameters = hyper.window?.isWindowed(layer) ? hyper.window.rope : hyper.rope;
  const factors = weights.has('rope_freqs.weight') ? tensorOf(weights.tensor('rope_freqs.weight')) : null;
  const turn = (projected: Variable, heads: number, norm: string) => {
    const perHead = reshape(tape, projected, [K, heads, N, 1]);
    const normed = hyper.architecture.queryKeyNorm ? normalise(tape, network, norm, perHead) : perHead;
    return parameters ? rope(tape, normed, { positions: inputs.positions, factors }, parameters) : normed;
  };
  return { q: turn(q, H, `${block}.attn_q_norm`), k: turn(k, G, `${block}.attn_k_norm`), v };
}

function feedForward(tape: Tape, network: Network, block: string, x: Variable): Variable {
  const to = (name: string, input: Variable) => project(tape, network, `${block}.${name}`, input);
  const options = { tabulated: network.weights.isAsServed };
  const inner = {
    swiglu: () => swiglu(tape, to('ffn_gate', x), to('ffn_up', x)),
    geglu: () => geglu(tape, to('ffn_gate', x), to('ffn_up', x), options),
    gelu: () => gelu(tape, to('ffn_up', x), options),
  }[network.hyper.architecture.feedForward]();
  return to('ffn_down', inner);
}

/** A linear layer by name: its matrix, its bias where there is one, and the adapter's detour. */
function project(tape: Tape, network: Network, name: string, x: Variable): Variable {
  const straight = linear(tape, network.weights.matrix(`${name}.weight`), x);
  const detour = network.adapter?.find(name);
  const sum = detour ? add(tape, straight, lowRank(tape, detour, x)) : straight;
  return withBias(tape, network, name, sum);
}

function withBias(tape: Tape, network: Network, name: string, x: Variable): Variable {
  const bias = `${name}.bias`;
  return network.weights.has(bias) ? addVector(tape, x, vector(tape, network, bias)) : x;
}

function vector(tape: Tape, { weights }: Network, name: string): Variable | Parameter {
  const found = weights.tensor(name);
  return typeof found === 'bigint' ? tape.constant(found) : found;
}

function tensorOf(found: Tensor | Parameter): Tensor {
  return typeof found === 'bigint' ? found : found.tensor;
}

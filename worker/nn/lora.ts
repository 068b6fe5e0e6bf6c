/** A LoRA adapter: which linear layers it covers, how it begins, and its parameters (Hu et al. 2021, arXiv:2106.09685). */
import { AppError } from '../../common/contracts/errors.js';
import type { ParameterSpec } from '../engine/optimiser.js';
import type { RandomNumbers } from '../engine/random.js';
import type { Parameter } from '../engine/tape.js';
import type { Tensor } from '../engine/tensor-pool.js';
import type { TensorLayout } from './layout.js';
import type { LoraOptions } from './trainable-model.js';

export const defaultLora: LoraOptions = { rank: 16, alpha: 32, targets: 'all', seed: 42 };

export interface LowRankDetour {
  /** A [in, R]. */
  down: Parameter;
  /** B [R, out]. */
  up: Parameter;
  /** [1]; shared by all. */
  factor: Tensor;
}

export class LoraAdapter {
  readonly #detours = new Map<string, LowRankDetour>();

  /** @param parameters  as `loraSpecs` named them */
  constructor(parameters: readonly Parameter[], factor: Tensor) {
    const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    for (const [name, down] of byName) {
      const up = byName.get(name.replace(/lora_a$/, 'lora_b'));
      if (name.endsWith('.lora_a') && up) this.#detours.set(layerOf(name), { down, up, factor });
    }
  }

  /** @param layer `blk.0.attn_q` */
  find(layer: string): LowRankDetour | null {
    return this.#detours.get(layer) ?? null;
  }
}

/**
 * The adapter's parameters in the order of the network.
 *
 * @throws AppError `TRAINING_LORA_TARGET_UNKNOWN` for a target that no layer of this network has
 */
export function loraSpecs(layouts: readonly TensorLayout[], { rank, targets }: LoraOptions): ParameterSpec[] {
  const linears = layouts.filter(({ name, role }) => role === 'linear' && name.startsWith('blk.'));
  const available = new Set(linears.map(({ name }) => kindOf(name)));
  const wanted = targets === 'all' ? available : new Set(targets);
  for (const target of wanted) {
    if (!available.has(target)) {
      throw new AppError('TRAINING_LORA_TARGET_UNKNOWN', { target, available: [...available].join(', ') });
    }
  }
  return linears
    .filter(({ name }) => wanted.has(kindOf(name)))
    .flatMap(({ name, shape: [input = 1, output = 1] }) => [
      { name: `${name}.lora_a`, shape: [input, rank] },
      { name: `${name}.lora_b`, shape: [rank, output] },
    ]);
}

/** Kaiming-uniform with a = sqrt(5), which is uniform within 1 / sqrt(in), for A; zeros for B. */
export function initialiseLora(spec: ParameterSpec, random: RandomNumbers): Float32Array {
  const [inner = 1, outer = 1] = spec.shape;
  const values = new Float32Array(inner * outer);
  if (spec.name.endsWith('.lora_b')) return values;
  const bound = 1 / Math.sqrt(inner);
  return values.map(() => random.uniform(-bound, bound));
}

const layerOf = (name: string) => name.replace(/\.weight\.lora_[ab]$/, '');
const kindOf = (name: string) => name.replace(/^blk\.\d+\./, '').replace(/\.weight$/, '');

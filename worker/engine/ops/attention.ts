/** What attention is made of: masked softmax, rotary positions, and the shapes between heads and rows. */
import type { Tape, Variable } from '../tape.js';
import type { Tensor } from '../tensor-pool.js';

/**
 * softmax(scale x + mask) over the innermost dimension.
 *
 * @param x     [keys, queries, H, B]
 * @param mask  [keys, queries, 1, B], 0 or -Infinity; not differentiated
 */
export function maskedSoftmax(
  tape: Tape,
  x: Variable,
  { mask, scale }: { mask: Tensor; scale: number },
): Variable {
  const { ops, graph } = tape;
  const result = ops.soft_max_ext(x.tensor, mask, scale, 0);
  return tape.record(result, [x], (d) => {
    tape.accumulate(x, () => {
      const derivative = ops.soft_max_ext_back(d, result, scale, 0);
      // ggml may place the derivative over the softmax itself, which its kernel reads after it has written; a later view forbids that.
      graph.expand(derivative);
      graph.expand(ops.reshape_4d(result, ...graph.shapeOf(result)));
      return derivative;
    });
  });
}

/** Rotary position embedding as ggml parametrises it (Su et al. 2021, arXiv:2104.09864; YaRN: Peng et al. 2023, arXiv:2309.00071). */
export interface RopeParameters {
  /** How many of a head's dimensions turn. */
  dimensions: number;
  /** 0: neighbours form pairs; 2: halves do (NeoX). */
  mode: 0 | 2;
  originalContext: number;
  frequencyBase: number;
  frequencyScale: number;
  extrapolation: number;
  attentionFactor: number;
  betaFast: number;
  betaSlow: number;
}

/**
 * @param x        [K, H, N]
 * @param places   positions [N], I32, and Llama 3's frequency factors [dimensions / 2], if any
 */
export function rope(
  tape: Tape,
  x: Variable,
  places: { positions: Tensor; factors: Tensor | null },
  parameters: RopeParameters,
): Variable {
  const { positions, factors } = places;
  const p = parameters;
  const all = [
    ...([p.dimensions, p.mode, p.originalContext] as const),
    ...([
      p.frequencyBase,
      p.frequencyScale,
      p.extrapolation,
      p.attentionFactor,
      p.betaFast,
      p.betaSlow,
    ] as const),
  ] as const;
  return tape.record(tape.ops.rope_ext(x.tensor, positions, factors, ...all), [x], (d) => {
    tape.accumulate(x, () => tape.ops.rope_ext_back(d, positions, factors, ...all));
  });
}

type Shape = readonly [number, number, number, number];

/** The same elements under another shape. */
export function reshape(tape: Tape, x: Variable, shape: Shape): Variable {
  const before = tape.shapeOf(x);
  return tape.record(tape.ops.reshape_4d(x.tensor, ...shape), [x], (d) => {
    tape.accumulate(x, () => tape.ops.reshape_4d(d, ...before));
  });
}

/** Dimension i becomes dimension order[i]; the result is contiguous. */
export function permute(tape: Tape, x: Variable, order: Shape): Variable {
  const { ops } = tape;
  const back = [0, 1, 2, 3].map((dimension) => order.indexOf(dimension)) as unknown as Shape;
  return tape.record(ops.cont(ops.permute(x.tensor, ...order)), [x], (d) => {
    tape.accumulate(x, () => ops.cont(ops.permute(d, ...back)));
  });
}

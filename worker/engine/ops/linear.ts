/** Matrix products. ggml's `mul_mat(a [n, m], b [n, p])` is [m, p]: both operands carry the summed dimension innermost. */
import type { Parameter, Tape, Variable } from '../tape.js';
import type { Tensor } from '../tensor-pool.js';

/** A frozen matrix [in, out]. */
export interface FrozenMatrix {
  readonly tensor: Tensor;
  /** [out, in], made once: with it the input's gradient is a plain product, which is faster than `out_prod` and which every back end has. */
  readonly transposed: Tensor | null;
}

/**
 * y = W x.
 *
 * @param weight  [in, out]
 * @param x       [in, N]
 * @returns [out, N]
 */
export function linear(tape: Tape, weight: FrozenMatrix | Parameter, x: Variable): Variable {
  const { ops } = tape;
  const parameter = 'gradientBuffer' in weight ? weight : null;
  const result = ops.mul_mat(weight.tensor, x.tensor);
  return tape.record(result, parameter ? [x, parameter] : [x], (d) => {
    tape.accumulate(x, () => ops.mul_mat(transposeOf(tape, weight), d));
    if (parameter) tape.accumulate(parameter, () => weightGradient(tape, x.tensor, d));
  });
}

/**
 * y = B A x, times a factor: LoRA's low-rank detour (Hu et al. 2021, arXiv:2106.09685, section 4.1).
 *
 * @param down    A [in, R]
 * @param up      B [R, out]
 * @param factor  [1] alpha / R times the adapter's scale
 */
export function lowRank(
  tape: Tape,
  { down, up, factor }: { down: Parameter; up: Parameter; factor: Tensor },
  x: Variable,
): Variable {
  const { ops } = tape;
  const inner = tape.record(ops.mul(ops.mul_mat(down.tensor, x.tensor), factor), [x, down], (d) => {
    const scaled = ops.mul(d, factor);
    tape.accumulate(x, () => ops.mul_mat(transpose(tape, down.tensor), scaled));
    tape.accumulate(down, () => weightGradient(tape, x.tensor, scaled));
  });
  return linear(tape, up, inner);
}

/**
 * Batched product of two activations, heads and rows in the outer dimensions.
 *
 * @param a  [n, m, ...]
 * @param b  [n, p, ...]
 * @returns [m, p, ...]
 */
export function multiplyMatrices(tape: Tape, a: Variable, b: Variable): Variable {
  const { ops } = tape;
  return tape.record(ops.mul_mat(a.tensor, b.tensor), [a, b], (d) => {
    tape.accumulate(b, () => ops.mul_mat(transpose(tape, a.tensor), d));
    tape.accumulate(a, () => weightGradient(tape, b.tensor, d));
  });
}

/** dL/dW [in, out] of y = W x, from x [in, N] and dL/dy [out, N]. */
function weightGradient({ ops }: Tape, x: Tensor, d: Tensor): Tensor {
  return ops.out_prod(x, d);
}

function transposeOf(tape: Tape, weight: FrozenMatrix | Parameter): Tensor {
  return 'transposed' in weight && weight.transposed ? weight.transposed : transpose(tape, weight.tensor);
}

function transpose({ ops }: Tape, tensor: Tensor): Tensor {
  return ops.cont(ops.transpose(tensor));
}

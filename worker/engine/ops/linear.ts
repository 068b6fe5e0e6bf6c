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
  const result = ops.mul_mat(parameter ? tape.operand(weight.tensor) : weight.tensor, x.tensor);
  return tape.record(result, parameter ? [x, parameter] : [x], (d) => {
    tape.accumulate(x, () => ops.mul_mat(transposeOf(tape, weight), d));
    if (parameter) tape.accumulate(parameter, () => outerProduct(tape, x.tensor, d));
  });
}

/**
 * y = B A x, times a factor: LoRA's low-rank detour (Hu et al. 2021, arXiv:2106.09685, section 4.1).
 *
 * With so few columns, products that sum over R are a CPU's slowest; there they are taken as sums of R outer products instead.
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
    tape.accumulate(x, () => thinProduct(tape, down.tensor, scaled));
    tape.accumulate(down, () => ops.out_prod(x.tensor, scaled));
  });
  const turned = ops.cont(ops.transpose(up.tensor));
  const result = tape.isCpu ? thinProduct(tape, turned, inner.tensor) : ops.mul_mat(up.tensor, inner.tensor);
  return tape.record(result, [inner, up], (d) => {
    tape.accumulate(inner, () => ops.mul_mat(turned, d));
    // The long side first, since outer products run along their first operand.
    tape.accumulate(up, () => ops.cont(ops.transpose(ops.out_prod(d, inner.tensor))));
  });
}

/** M^T x, for M [m, R] and x [R, N]: [m, N]. */
function thinProduct({ ops, isCpu }: Tape, matrix: Tensor, x: Tensor): Tensor {
  return isCpu ? ops.out_prod(matrix, ops.transpose(x)) : ops.mul_mat(ops.cont(ops.transpose(matrix)), x);
}

/**
 * Batched product of two activations, heads and rows in the outer dimensions.
 *
 * @param a        [n, m, ...]
 * @param b        [n, p, ...]
 * @param product  the same product, where its sums are to be taken in another order
 * @returns [m, p, ...]
 */
export function multiplyMatrices(
  tape: Tape,
  a: Variable,
  b: Variable,
  product: Tensor = tape.ops.mul_mat(a.tensor, b.tensor),
): Variable {
  const { ops } = tape;
  return tape.record(product, [a, b], (d) => {
    tape.accumulate(b, () => ops.mul_mat(tape.transposedOperand(a.tensor), d));
    tape.accumulate(a, () => {
      const [inner, rows] = tape.shapeOf(a);
      // Of two large transposes one is cast and one is copied; the cast writes half as much, so that it takes the larger one.
      if (!tape.reduced || rows <= inner) return outerProduct(tape, b.tensor, d);
      return ops.cont(ops.transpose(outerProduct(tape, d, b.tensor)));
    });
  });
}

/** dL/dW [in, out] of y = W x, from x [in, N] and dL/dy [out, N]. */
export function outerProduct(tape: Tape, x: Tensor, d: Tensor): Tensor {
  const { ops } = tape;
  if (!tape.reduced) return ops.out_prod(x, d);
  return ops.mul_mat(tape.transposedOperand(x), ops.cont(ops.transpose(d)));
}

/** W^T as the first operand of a product. */
export function transposeOf(tape: Tape, weight: FrozenMatrix | Parameter): Tensor {
  if ('transposed' in weight) return weight.transposed ?? tape.ops.cont(tape.ops.transpose(weight.tensor));
  return tape.transposedOperand(weight.tensor);
}

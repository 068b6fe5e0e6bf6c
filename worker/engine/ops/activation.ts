/** Non-linearities of the feed-forward block. */
import type { Tape, Variable } from '../tape.js';
import type { Tensor } from '../tensor-pool.js';
import { multiply } from './arithmetic.js';

/** silu(gate) * up in one pass (Shazeer 2020, arXiv:2002.05202). */
export function swiglu(tape: Tape, gate: Variable, up: Variable): Variable {
  const { ops } = tape;
  return tape.record(ops.swiglu_split(gate.tensor, up.tensor), [gate, up], (d) => {
    tape.accumulate(gate, () => ops.silu_back(ops.mul(d, up.tensor), gate.tensor));
    tape.accumulate(up, () => ops.mul(d, ops.silu(gate.tensor)));
  });
}

export interface GeluOptions {
  /** ggml's own forward pass, which looks the value up in a table of halves: what llama.cpp serves with. */
  tabulated: boolean;
}

/** gelu(gate) * up. */
export function geglu(tape: Tape, gate: Variable, up: Variable, options: GeluOptions): Variable {
  return multiply(tape, gelu(tape, gate, options), up);
}

const outer = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/**
 * The tanh form of GELU (Hendrycks and Gimpel 2016, arXiv:1606.08415), written as x s with s = sigmoid(u), u = outer (x + cubic x^3),
 * which is the same function. Composed, since ggml has no backward pass for it and computes the forward one by a table of halves.
 */
export function gelu(tape: Tape, x: Variable, { tabulated }: GeluOptions): Variable {
  const { ops } = tape;
  const square = (): Tensor => ops.mul(x.tensor, x.tensor);
  const gate = ops.sigmoid(ops.mul(x.tensor, ops.scale_bias(square(), outer * cubic, outer)));
  return tape.record(tabulated ? ops.gelu(x.tensor) : ops.mul(x.tensor, gate), [x], (d) => {
    tape.accumulate(x, () => {
      // dy/dx = s + x s (1 - s) u' with u' = outer (1 + 3 cubic x^2)
      const slope = ops.mul(x.tensor, ops.scale_bias(square(), 3 * outer * cubic, outer));
      const complement = ops.scale_bias(gate, -1, 1);
      const derivative = ops.mul(gate, ops.scale_bias(ops.mul(slope, complement), 1, 1));
      return ops.mul(d, derivative);
    });
  });
}

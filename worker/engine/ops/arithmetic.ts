/** Sums and products, element by element; a smaller second operand is repeated. */
import type { Parameter, Tape, Variable } from '../tape.js';
import type { Tensor } from '../tensor-pool.js';

/** a + b, same shape. */
export function add(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(tape.ops.add(a.tensor, b.tensor), [a, b], (d) => {
    tape.accumulate(a, () => d);
    tape.accumulate(b, () => d);
  });
}

/** a * b, same shape. */
export function multiply(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(tape.ops.mul(a.tensor, b.tensor), [a, b], (d) => {
    tape.accumulate(a, () => tape.ops.mul(d, b.tensor));
    tape.accumulate(b, () => tape.ops.mul(d, a.tensor));
  });
}

/** x + b with b [D] repeated over the rows of x [D, N]. */
export function addVector(tape: Tape, x: Variable, b: Variable | Parameter): Variable {
  return tape.record(tape.ops.add(x.tensor, b.tensor), [x, b], (d) => {
    tape.accumulate(x, () => d);
    tape.accumulate(b, () => tape.ops.repeat_back(d, b.tensor));
  });
}

/** x * w with w [D] repeated over the rows of x [D, ...]. */
export function multiplyVector(tape: Tape, x: Variable, w: Variable | Parameter): Variable {
  return tape.record(tape.ops.mul(x.tensor, w.tensor), [x, w], (d) => {
    tape.accumulate(x, () => tape.ops.mul(d, w.tensor));
    tape.accumulate(w, () => tape.ops.repeat_back(tape.ops.mul(d, x.tensor), w.tensor));
  });
}

/** x times a number known when the graph is built. */
export function scale(tape: Tape, x: Variable, factor: number): Variable {
  if (factor === 1) return x;
  return tape.record(tape.ops.scale(x.tensor, factor), [x], (d) => {
    tape.accumulate(x, () => tape.ops.scale(d, factor));
  });
}

/** x times a number [1] that may change between computations and is not trained. */
export function scaleBy(tape: Tape, x: Variable, factor: Tensor): Variable {
  return tape.record(tape.ops.mul(x.tensor, factor), [x], (d) => {
    tape.accumulate(x, () => tape.ops.mul(d, factor));
  });
}

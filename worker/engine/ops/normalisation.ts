/** Normalisation over the innermost dimension, without weights. */
import type { Tape, Variable } from '../tape.js';

/** x / sqrt(mean(x^2) + epsilon) (Zhang and Sennrich 2019, arXiv:1910.07467). */
export function rmsNorm(tape: Tape, x: Variable, epsilon: number): Variable {
  return tape.record(tape.ops.rms_norm(x.tensor, epsilon), [x], (d) => {
    tape.accumulate(x, () => tape.ops.rms_norm_back(d, x.tensor, epsilon));
  });
}

/** (x - mean) / sqrt(variance + epsilon), as the RMS norm of what is left after the mean (Ba et al. 2016, arXiv:1607.06450). */
export function layerNorm(tape: Tape, x: Variable, epsilon: number): Variable {
  return rmsNorm(tape, centre(tape, x), epsilon);
}

/** x - mean(x); its own adjoint. */
function centre(tape: Tape, x: Variable): Variable {
  const { ops } = tape;
  const negativeShare = -1 / tape.shapeOf(x)[0];
  const centred = (tensor: Variable['tensor']) =>
    ops.add(tensor, ops.scale(ops.sum_rows(tensor), negativeShare));
  return tape.record(centred(x.tensor), [x], (d) => {
    tape.accumulate(x, () => centred(d));
  });
}

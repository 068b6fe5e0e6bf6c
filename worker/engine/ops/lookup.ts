/** Rows of a matrix by index. */
import type { Parameter, Tape, Variable } from '../tape.js';
import type { Tensor } from '../tensor-pool.js';

/**
 * @param table    [D, V]
 * @param indices  [N], I32; an index may repeat
 * @returns [D, N]
 */
export function lookUp(tape: Tape, table: Variable | Parameter, indices: Tensor): Variable {
  return tape.record(tape.ops.get_rows(table.tensor, indices), [table], (d) => {
    tape.accumulate(table, () => tape.ops.get_rows_back(d, indices, table.tensor));
  });
}

/** Parts of a contiguous tensor along one dimension, and tensors put together again. */
import type { Tape, Variable } from '../tape.js';
import type { Tensor } from '../tensor-pool.js';

type Shape = readonly [number, number, number, number];
const bytes = Float32Array.BYTES_PER_ELEMENT;

/** What begins at an offset of a dimension; shares memory with the whole. */
function viewPart(
  { ops }: Tape,
  whole: { tensor: Tensor; shape: Shape },
  { dimension, begin, length }: { dimension: number; begin: number; length: number },
): Tensor {
  const [a, b, c, d] = whole.shape.map((size, index) => (index === dimension ? length : size)) as [...Shape];
  const strides = [1, ...[1, 2, 3].map((count) => whole.shape.slice(0, count).reduce((x, y) => x * y, 1))];
  const [, second = 0, third = 0, fourth = 0] = strides.map((stride) => stride * bytes);
  const offset = begin * (strides[dimension] ?? 0) * bytes;
  return ops.view_4d(whole.tensor, a, b, c, d, second, third, fourth, offset);
}

/** The first `length` of a dimension, in place; not contiguous. */
export function beginning(tape: Tape, x: Variable, dimension: 0 | 1, length: number): Variable {
  const shape = tape.shapeOf(x);
  const missing = shape[dimension] - length;
  if (missing === 0) return x;
  const part = viewPart(tape, { tensor: x.tensor, shape }, { dimension, begin: 0, length });
  return tape.record(part, [x], (d) => {
    tape.accumulate(x, () =>
      tape.ops.pad(d, dimension === 0 ? missing : 0, dimension === 1 ? missing : 0, 0, 0),
    );
  });
}

type PartsOf<Ends extends readonly number[]> = { [Index in keyof Ends]: Variable };

/** Cuts a dimension at the given places into contiguous parts. @param ends of the parts, ascending; the last is the whole */
export function cut<const Ends extends readonly number[]>(
  tape: Tape,
  x: Variable,
  dimension: number,
  ends: Ends,
): PartsOf<Ends> {
  const shape = tape.shapeOf(x);
  const gradients: Tensor[] = [];
  const toPart = (end: number, index: number) => {
    const begin = ends[index - 1] ?? 0;
    const view = viewPart(tape, { tensor: x.tensor, shape }, { dimension, begin, length: end - begin });
    return tape.record(tape.ops.cont(view), [x], (d) => {
      gradients[index] = d;
      // The tape comes back to the first part last; by then all have theirs.
      if (index === 0) tape.accumulate(x, () => gradients.reduce((a, b) => tape.ops.concat(a, b, dimension)));
    });
  };
  return (ends.length === 1 ? [x] : ends.map(toPart)) as PartsOf<Ends>;
}

/** Puts contiguous tensors one behind the other along a dimension. */
export function join(tape: Tape, parts: readonly Variable[], dimension: number): Variable {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const lengths = parts.map((part) => tape.shapeOf(part)[dimension] ?? 0);
  const whole = parts.map(({ tensor }) => tensor).reduce((a, b) => tape.ops.concat(a, b, dimension));
  const result = tape.record(whole, parts, (d) => {
    let begin = 0;
    parts.forEach((part, index) => {
      const length = lengths[index] ?? 0;
      const view = viewPart(tape, { tensor: d, shape: tape.shapeOf(result) }, { dimension, begin, length });
      tape.accumulate(part, () => tape.ops.cont(view));
      begin += length;
    });
  });
  return result;
}

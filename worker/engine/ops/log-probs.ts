/**
 * The language-model head and the log-probability of given tokens in one operation.
 *
 * Fused because of what it saves: no one-hot matrix [V, M] is ever made. The target's own share of the gradient is a row of the head,
 * fetched by index; everything else is one product with the probabilities. A logit is picked by viewing [V, M] as M tables of V rows of one.
 */
import type { Parameter, Tape, Variable } from '../tape.js';
import type { Tensor } from '../tensor-pool.js';
import { outerProduct, transposeOf, type FrozenMatrix } from './linear.js';

export interface TargetLogProbs {
  /** [1, M] nats. */
  logProbs: Variable;
  /** [1, M] nats. */
  entropies: Tensor;
  /** [M] I32, the most likely token. */
  best: Tensor;
}

/**
 * @param hidden   [D, M] normalised hidden states
 * @param head     [D, V]
 * @param targets  [M] I32
 * @param options.keepProbabilities  false: [V, M] is computed again in the backward pass instead of being kept until then
 */
export function targetLogProbs(
  tape: Tape,
  hidden: Variable,
  head: FrozenMatrix | Parameter,
  { targets, keepProbabilities }: { targets: Tensor; keepProbabilities: boolean },
): TargetLogProbs {
  const { ops } = tape;
  const parameter = 'gradientBuffer' in head ? head : null;
  const computeLogits = () => ops.mul_mat(parameter ? tape.operand(head.tensor) : head.tensor, hidden.tensor);
  const logits = computeLogits();
  const probabilities = ops.soft_max(logits);
  const best = ops.argmax(logits);

  // log p(t) = l(t) - l(best) + log p(best); p(best) is at least 1 / V, so that its logarithm is safe where log p(t) would not be.
  const highest = pick(tape, logits, best);
  const logHighest = ops.log(pick(tape, probabilities, best));
  const result = ops.add(ops.sub(pick(tape, logits, targets), highest), logHighest);
  // H = log Z - E[l] with log Z = l(best) - log p(best)
  const entropies = ops.sub(ops.sub(highest, logHighest), expectation(tape, probabilities, logits));

  const logProbs = tape.record(result, parameter ? [hidden, parameter] : [hidden], (d) => {
    const kept = keepProbabilities ? probabilities : ops.soft_max(computeLogits());
    // dL/dlogits = d (onehot - p); d is a factor of whole columns, and joins where those are short.
    const others = ops.scale(d, -1);
    tape.accumulate(hidden, () => {
      const own = ops.mul(ops.get_rows(head.tensor, targets), d);
      return ops.add(ops.mul(ops.mul_mat(transposeOf(tape, head), kept), others), own);
    });
    if (parameter) {
      tape.accumulate(parameter, () => outerProduct(tape, ops.mul(hidden.tensor, others), kept));
      tape.accumulate(parameter, () => ops.get_rows_back(ops.mul(hidden.tensor, d), targets, head.tensor));
    }
  });
  return { logProbs, entropies, best };
}

/** One element of each column. @param table [V, M] @param indices [M] @returns [1, M] */
function pick({ ops, graph }: Tape, table: Tensor, indices: Tensor): Tensor {
  const [rows, columns] = graph.shapeOf(table);
  const picked = ops.get_rows(ops.reshape_3d(table, 1, rows, columns), ops.reshape_2d(indices, 1, columns));
  return ops.reshape_2d(picked, 1, columns);
}

/** Dot product of each pair of columns, without a temporary of their size. @returns [1, M] */
function expectation({ ops, graph }: Tape, p: Tensor, values: Tensor): Tensor {
  const [rows, columns] = graph.shapeOf(p);
  const products = ops.mul_mat(ops.reshape_3d(p, rows, 1, columns), ops.reshape_3d(values, rows, 1, columns));
  return ops.reshape_2d(products, 1, columns);
}

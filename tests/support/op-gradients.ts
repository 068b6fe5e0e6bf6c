/** Central differences for one differentiable operation on a graph of its own. */
import { Device } from '../../worker/engine/device.js';
import { Graph } from '../../worker/engine/graph.js';
import { Tape, type Variable } from '../../worker/engine/tape.js';
import { readFloats, TensorPool, writeTensor, type Tensor } from '../../worker/engine/tensor-pool.js';
import { testDevice } from './test-device.js';

export interface OperationCase {
  /** Innermost dimension first, one shape for each differentiated operand. */
  shapes: readonly (readonly number[])[];
  /** Integer operands, such as indices and positions. */
  integers?: readonly (readonly number[])[];
  /** Operands that nothing is differentiated by, such as masks. */
  constants?: readonly { shape: readonly number[]; values: readonly number[] }[];
  build: (tape: Tape, operands: Variable[], others: Tensor[]) => Variable;
}

const values = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 7.3 + i * 1.37) + 0.3 * Math.cos(i * 0.71));
const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/**
 * @returns the largest difference between gradient and slope over all elements of all operands, as a share of the largest gradient
 */
export async function gradientError(operation: OperationCase): Promise<number> {
  using device = await Device.open({ ...testDevice, threads: 1 });
  using pool = new TensorPool(device, 32, 'The test');
  const operands = operation.shapes.map((shape) => pool.declare('F32', shape));
  const integers = (operation.integers ?? []).map((list) => pool.declare('I32', [list.length]));
  const constants = (operation.constants ?? []).map(({ shape }) => pool.declare('F32', shape));

  using graph = new Graph(device);
  const tape = new Tape(graph, { recording: true });
  const leaves = operands.map((tensor): Variable => ({ tensor, requiresGradient: true, gradient: null }));
  const result = operation.build(tape, leaves, [...integers, ...constants]);
  graph.output(result.tensor);
  graph.endPhase();
  const shape = graph.shapeOf(result.tensor);
  const cotangent = pool.declare('F32', shape);
  result.gradient = cotangent;
  tape.backward();
  const gradients = leaves.map((leaf) => graph.output(leaf.gradient!));
  graph.endPhase();

  pool.place();
  graph.place('The test');
  const factors = values(count(shape), 11);
  const inputs = operation.shapes.map((one, index) => values(count(one), index + 1));
  writeTensor(device, cotangent, factors);
  operands.forEach((tensor, i) => writeTensor(device, tensor, inputs[i]!));
  integers.forEach((tensor, i) => writeTensor(device, tensor, Int32Array.from(operation.integers![i]!)));
  constants.forEach((tensor, i) =>
    writeTensor(device, tensor, Float32Array.from(operation.constants![i]!.values)),
  );
  const objective = async () => {
    await graph.compute(0);
    return readFloats(device, result.tensor).reduce((sum, x, i) => sum + x * factors[i]!, 0);
  };
  await objective();
  await graph.compute(1);
  const analytic = gradients.map((gradient) => readFloats(device, gradient));
  const largest = Math.max(...analytic.flatMap((gradient) => [...gradient].map(Math.abs)));

  const step = 1e-2;
  let worst = 0;
  for (const [index, tensor] of operands.entries()) {
    for (let element = 0; element < inputs[index]!.length; element++) {
      const at = async (shift: number) => {
        writeTensor(
          device,
          tensor,
          inputs[index]!.map((x, i) => (i === element ? x + shift : x)),
        );
        return objective();
      };
      const slope = ((await at(step)) - (await at(-step))) / (2 * step);
      worst = Math.max(worst, Math.abs(slope - analytic[index]![element]!) / largest);
    }
    writeTensor(device, tensor, inputs[index]!);
  }
  return worst;
}

/** The machine's own speed, which every figure is a share of. */
import { z } from 'zod';
import type { GgmlType } from '../common/llama/ggml.js';
import type { Device } from '../worker/engine/device.js';
import { Graph } from '../worker/engine/graph.js';
import { TensorPool } from '../worker/engine/tensor-pool.js';

export const productRatesSchema = z.object({
  /** GFLOP/s by the type of the weights. */
  F32: z.number(),
  BF16: z.number(),
  device: z.string(),
  isCpu: z.boolean(),
  threads: z.number(),
});
export type ProductRates = z.infer<typeof productRatesSchema>;

const [inner, outer, columns, repeats] = [576, 1536, 1024, 20];

/** Matrix products [576, 1536] x [576, 1024], weights in the given type. @returns best of five, GFLOP/s */
export async function productRate(device: Device, type: GgmlType): Promise<number> {
  using pool = new TensorPool(device, 2, 'The bench');
  const [weight, x] = [pool.declare(type, [inner, outer]), pool.declare('F32', [inner, columns])];
  pool.place().clear();
  using graph = new Graph(device, 64);
  for (let index = 0; index < repeats; index++) graph.expand(graph.ops.mul_mat(weight, x));
  graph.endPhase();
  graph.place('The bench');
  const seconds: number[] = [];
  for (let index = 0; index < 6; index++) {
    const start = performance.now();
    await graph.compute(0);
    seconds.push((performance.now() - start) / 1000);
  }
  return (2 * inner * outer * columns * repeats) / Math.min(...seconds) / 1e9;
}

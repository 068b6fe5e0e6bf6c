import type { NamedTensor } from './trainable-model.js';

/**
 * Tensors from a file under the shapes that the model gives them: GGUF drops trailing dimensions of 1, as a LoRA of rank 1 has.
 *
 * @param own  the model's; what it does not have, or has with another number of elements, stays as it was read
 */
export function completeShapes(read: readonly NamedTensor[], own: readonly NamedTensor[]): NamedTensor[] {
  const byName = new Map(own.map((tensor) => [tensor.name, tensor]));
  return read.map((tensor) => {
    const known = byName.get(tensor.name);
    return known?.data.length === tensor.data.length ? { ...tensor, shape: known.shape } : tensor;
  });
}

import { ggmlTypes, type Ggml } from '../../common/llama/ggml.js';
import type { Pointer } from '../../common/llama/native.js';

/** A width that every back end's kernels take. */
const width = 64;

/**
 * Does a device compute gradients? Metal has no kernels for five of the operations that a backward pass is made of.
 *
 * @param device  as the registry of back ends names it
 */
export function computesGradients({ core, ops, backend, createContext }: Ggml, device: Pointer): boolean {
  const context = createContext(16 * core.tensor_overhead());
  try {
    const matrix = core.new_tensor_4d(context, ggmlTypes.F32, width, width, 1, 1);
    const vector = core.new_tensor_4d(context, ggmlTypes.F32, width, 1, 1, 1);
    const indices = core.new_tensor_4d(context, ggmlTypes.I32, width, 1, 1, 1);
    return [
      ops.rms_norm_back(context, matrix, matrix, 1e-5),
      ops.soft_max_ext_back(context, matrix, matrix, 1, 0),
      ops.repeat_back(context, matrix, vector),
      ops.get_rows_back(context, matrix, indices, matrix),
      ops.out_prod(context, matrix, matrix),
    ].every((operation) => backend.dev_supports_op(device, operation));
  } finally {
    core.free(context);
  }
}

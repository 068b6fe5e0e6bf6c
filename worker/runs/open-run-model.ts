/** Opens the model that a request names, as its config wants it trained, with the adapter that it goes on from. */
import { loadAdapterFile } from '../nn/adapter-file.js';
import { openModel } from '../nn/open-model.js';
import type { NamedTensor, TrainableModel } from '../nn/trainable-model.js';
import type { RunRequest } from './run-request.js';

type Opening = Pick<
  RunRequest,
  'config' | 'modelPath' | 'gpu' | 'llamaDirectory' | 'threads' | 'recomputeLayers' | 'startAdapterPath'
>;

/** @throws AppError what `openModel` and `loadAdapterFile` throw */
export async function openRunModel(request: Opening): Promise<TrainableModel> {
  const { config, startAdapterPath, llamaDirectory, threads } = request;
  const model = await openModel(request.modelPath, {
    mode: config.mode,
    lora: {
      rank: config.lora.rank,
      alpha: config.lora.alpha,
      targets: config.lora.targets ?? 'all',
      seed: config.seed,
    },
    head: config.kind === 'reward' ? 'reward' : 'none',
    seed: config.seed,
    gpu: request.gpu,
    recomputeLayers: request.recomputeLayers,
    ...(llamaDirectory !== null && { libraries: llamaDirectory }),
    ...(threads !== null && { threads }),
  });
  try {
    if (startAdapterPath !== null) await loadAdapterFile(startAdapterPath, model);
    return model;
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

/** Tensors from a checkpoint under the model's own shapes: GGUF drops trailing dimensions of 1. */
export function completed(read: readonly NamedTensor[], own: readonly NamedTensor[]): NamedTensor[] {
  const byName = new Map(read.map((tensor) => [tensor.name, tensor]));
  const names = new Set(own.map(({ name }) => name));
  const known = own.map((tensor) => {
    const found = byName.get(tensor.name);
    if (!found) return tensor;
    return found.data.length === tensor.data.length ? { ...found, shape: tensor.shape } : found;
  });
  return [...known, ...read.filter(({ name }) => !names.has(name))];
}

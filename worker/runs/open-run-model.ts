/** Opens the model that a request names, as its config wants it trained, with the adapter that it goes on from. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import { openModel } from '../nn/open-model.js';
import type { NamedTensor, TrainableModel } from '../nn/trainable-model.js';
import { readTrained } from './adapter-file.js';
import type { RunRequest } from './run-request.js';

type Opening = Pick<
  RunRequest,
  'config' | 'modelPath' | 'gpu' | 'llamaDirectory' | 'threads' | 'recomputeLayers' | 'startAdapterPath'
>;

/** The head of a reward model lies beside its adapter. */
export const HEAD_FILE = 'head.gguf';

/**
 * @param baseSha256  of the model's file
 * @throws what `openModel` and `readTrained` throw; `RUN_CHECKPOINT_MISMATCH` when the adapter has another shape than the config
 */
export async function openRunModel(request: Opening, baseSha256: string): Promise<TrainableModel> {
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
    if (startAdapterPath !== null) await takeAdapter(model, request, baseSha256);
    return model;
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

async function takeAdapter(model: TrainableModel, { config, startAdapterPath }: Opening, baseSha256: string) {
  if (startAdapterPath === null) return;
  const adapter = await readTrained(startAdapterPath, baseSha256);
  assertSetting(startAdapterPath, 'rank', adapter.rank, config.lora.rank);
  assertSetting(startAdapterPath, 'alpha', adapter.alpha, config.lora.alpha);
  const head = path.join(path.dirname(startAdapterPath), HEAD_FILE);
  const withHead = config.kind === 'reward' && existsSync(head);
  const parameters = withHead
    ? [...adapter.parameters, ...(await readTrained(head, baseSha256)).parameters]
    : adapter.parameters;
  model.importParameters(completed(parameters, model.exportParameters()));
}

/**
 * Parameters from a file, those that it lacks (a new head) from the model; GGUF drops trailing dimensions of 1, which are put back.
 */
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

function assertSetting(file: string, name: string, came: number | null, expected: number): void {
  if (came === null || came === expected) return;
  throw new AppError('RUN_CHECKPOINT_MISMATCH', { path: file, what: `LoRA ${name}`, came, expected });
}

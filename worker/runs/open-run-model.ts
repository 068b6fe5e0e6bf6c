/** Opens the model that a request names, as its config wants it trained, with the adapter that it goes on from. */
import { AppError } from '../../common/contracts/errors.js';
import type { RunConfig } from '../../common/contracts/runs.js';
import { loadAdapterFile } from '../nn/adapter-file.js';
import { openModel } from '../nn/open-model.js';
import type { HeadKind, TrainableModel } from '../nn/trainable-model.js';
import { assertFits, type MemoryNeeds } from './memory.js';
import type { RunRequest } from './run-request.js';

type Opening = Pick<
  RunRequest,
  'config' | 'modelPath' | 'gpu' | 'llamaDirectory' | 'threads' | 'recomputeLayers' | 'startAdapterPath'
>;

/**
 * @param needs  what must fit, if need be by computing layers again; null leaves that to the caller
 * @throws AppError what `openModel` and `loadAdapterFile` throw; `RUN_OUT_OF_MEMORY` before any weight is read
 */
export function openRunModel(request: Opening, needs: MemoryNeeds | null = null): Promise<TrainableModel> {
  return recomputingIfNeeded(request, (chosen) => open(chosen, needs));
}

/** Layers that are computed again take longer and far less memory: the last resort before a run is refused. */
export async function recomputingIfNeeded<Request extends Pick<RunRequest, 'recomputeLayers'>, Model>(
  request: Request,
  open: (request: Request) => Promise<Model>,
): Promise<Model> {
  try {
    return await open(request);
  } catch (error) {
    const isTooLarge = error instanceof AppError && error.code === 'RUN_OUT_OF_MEMORY';
    if (!isTooLarge || request.recomputeLayers) throw error;
    return open({ ...request, recomputeLayers: true });
  }
}

async function open(request: Opening, needs: MemoryNeeds | null): Promise<TrainableModel> {
  const { config, startAdapterPath, llamaDirectory, threads } = request;
  const model = await openModel(request.modelPath, {
    mode: config.mode,
    lora: {
      rank: config.lora.rank,
      alpha: config.lora.alpha,
      targets: config.lora.targets ?? 'all',
      seed: config.seed,
    },
    head: headOf(config),
    seed: config.seed,
    gpu: request.gpu,
    recomputeLayers: request.recomputeLayers,
    ...(needs && {
      inspect: (model) => assertFits(needs.plan(model), model.info.device, request),
    }),
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

function headOf({ kind }: RunConfig): HeadKind {
  if (kind === 'ppo') return 'value';
  return kind === 'reward' ? 'reward' : 'none';
}

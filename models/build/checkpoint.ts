/** Where a build stands, on disk, so that it can be stopped and go on bit for bit. Written whole or not at all. */
import { existsSync } from 'node:fs';
import { gguf, readGguf, readTensorBytes, writeGguf, type GgufFile } from '../../common/llama/gguf.js';
import type { NamedTensor, TrainingState } from '../../worker/nn/trainable-model.js';

export interface Checkpoint {
  /** Index of the phase, and steps of it that are done. */
  phase: number;
  step: number;
  /** Seconds of training so far, all sessions together. */
  seconds: number;
  state: TrainingState;
}

const parts = { parameters: 'p', firstMoments: 'm', secondMoments: 'v' } as const;

/** @throws AppError `GGUF_WRITE_FAILED` */
export async function writeCheckpoint(
  path: string,
  { phase, step, seconds, state }: Checkpoint,
): Promise<void> {
  const metadata = new Map([
    ['build.phase', gguf.u32(phase)],
    ['build.step', gguf.u32(step)],
    ['build.seconds', gguf.u32(Math.round(seconds))],
    ['build.updates', gguf.u32(state.updateCount)],
  ]);
  const tensors = (['parameters', 'firstMoments', 'secondMoments'] as const).flatMap((part) =>
    state[part].map(({ name, shape, data }) => ({
      name: `${parts[part]}/${name}`,
      type: 'F32' as const,
      shape,
      data,
    })),
  );
  await writeGguf(path, metadata, tensors);
}

/** @throws AppError `GGUF_INVALID` when the file is damaged */
export async function findCheckpoint(path: string): Promise<Checkpoint | null> {
  if (!existsSync(path)) return null;
  const file = await readGguf(path);
  const number = (key: string) => Number(file.metadata.get(`build.${key}`)?.value ?? 0);
  return {
    phase: number('phase'),
    step: number('step'),
    seconds: number('seconds'),
    state: {
      parameters: readPart(file, parts.parameters),
      firstMoments: readPart(file, parts.firstMoments),
      secondMoments: readPart(file, parts.secondMoments),
      updateCount: number('updates'),
    },
  };
}

function readPart(file: GgufFile, part: string): NamedTensor[] {
  return [...file.tensors.values()]
    .filter(({ name }) => name.startsWith(`${part}/`))
    .map((info) => ({
      name: info.name.slice(part.length + 1),
      shape: info.shape,
      data: new Float32Array(readTensorBytes(file, info).buffer),
    }));
}

/**
 * Where a run stands, as one file that is written whole or not at all: trained parameters, both moments, and what decides the rest
 * (steps done; the order of the data follows from seed and step).
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import type { RunConfig } from '../../common/contracts/runs.js';
import { gguf, readGguf, readTensorBytes, writeGguf, type GgufFile } from '../../common/llama/gguf.js';
import type { NamedTensor, TrainingState } from '../nn/trainable-model.js';
import { trainingLineageSchema, type TrainingLineage } from '../../common/contracts/lineage.js';

const progressSchema = z.object({
  /** Optimiser steps done. */
  step: z.int(),
  /** Tokens learnt from so far. */
  tokens: z.int(),
  updateCount: z.int(),
  /** What a step leaves to the next, beside the weights. */
  carried: z.record(z.string(), z.number()).default({}),
  lineage: trainingLineageSchema,
});

export interface Checkpoint extends Omit<z.infer<typeof progressSchema>, 'updateCount'> {
  state: TrainingState;
}

const METADATA_KEY = 'attune.checkpoint';
const parts = ['parameters', 'firstMoments', 'secondMoments'] as const;
const prefixes = { parameters: 'p/', firstMoments: 'm/', secondMoments: 'v/' } as const;
const fileOf = (step: number) => `step-${String(step).padStart(7, '0')}.gguf`;
const stepOf = (file: string) => Number(/^step-(\d+)\.gguf$/.exec(file)?.[1] ?? Number.NaN);

/** Settings that may differ when a run goes on: they decide nothing about its numbers. */
const freeToChange = ['checkpointEverySteps', 'keepCheckpoints', 'evalEverySteps'] as const;

export class CheckpointFolder {
  constructor(private readonly folder: string) {}

  /** Writes one and removes those that are no longer kept. @returns its path */
  async write({ state, ...progress }: Checkpoint, keep: number): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    const file = path.join(this.folder, fileOf(progress.step));
    const told = JSON.stringify({ ...progress, updateCount: state.updateCount });
    const tensors = parts.flatMap((part) =>
      state[part].map(({ name, shape, data }) => ({
        name: prefixes[part] + name,
        type: 'F32' as const,
        shape,
        data,
      })),
    );
    await writeGguf(file, new Map([[METADATA_KEY, gguf.text(told)]]), tensors);
    const old = (await this.steps()).filter((step) => step <= progress.step).slice(0, -keep);
    for (const step of old) await rm(path.join(this.folder, fileOf(step)));
    return file;
  }

  /**
   * The latest checkpoint, or null where there is none.
   *
   * @throws AppError `RUN_CHECKPOINT_INVALID` when it cannot be read
   */
  async findLatest(): Promise<{ path: string; checkpoint: Checkpoint } | null> {
    const step = (await this.steps()).at(-1);
    if (step === undefined) return null;
    const file = path.join(this.folder, fileOf(step));
    return { path: file, checkpoint: await readCheckpoint(file) };
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Steps of the checkpoints that are there, ascending. */
  private async steps(): Promise<number[]> {
    const files = await readdir(this.folder).catch(() => []);
    return files
      .map(stepOf)
      .filter((step) => !Number.isNaN(step))
      .sort((a, b) => a - b);
  }
}

/**
 * Refuses to go on with other data, another base or other settings: the result would be none of either run.
 *
 * @throws AppError `RUN_CHECKPOINT_MISMATCH`
 */
export function assertSameRun(file: string, before: TrainingLineage, now: TrainingLineage): void {
  const fields = [
    ['base', 'baseSha256'],
    ['data set', 'dataSha256'],
    ['held-out set', 'heldOutSha256'],
    ['starting adapter', 'startAdapterSha256'],
    ['chat template', 'templateSha256'],
  ] as const;
  for (const [what, field] of fields) {
    if (before[field] !== now[field]) {
      const details = { path: file, what, came: before[field] ?? 'none', expected: now[field] ?? 'none' };
      throw new AppError('RUN_CHECKPOINT_MISMATCH', details);
    }
  }
  const [came, expected] = [decisive(before.config), decisive(now.config)];
  for (const key of new Set([...Object.keys(came), ...Object.keys(expected)])) {
    const [was, is] = [JSON.stringify(came[key]), JSON.stringify(expected[key])];
    if (was !== is) {
      const details = { path: file, what: `setting ${key}`, came: was ?? 'none', expected: is ?? 'none' };
      throw new AppError('RUN_CHECKPOINT_MISMATCH', details);
    }
  }
}

function decisive(config: RunConfig): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => !(freeToChange as readonly string[]).includes(key)),
  );
}

async function readCheckpoint(file: string): Promise<Checkpoint> {
  try {
    const source = await readGguf(file);
    const told = source.metadata.get(METADATA_KEY)?.value;
    const { updateCount, ...progress } = progressSchema.parse(JSON.parse(String(told)));
    const state = {
      parameters: readPart(source, prefixes.parameters),
      firstMoments: readPart(source, prefixes.firstMoments),
      secondMoments: readPart(source, prefixes.secondMoments),
      updateCount,
    };
    return { ...progress, state };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('RUN_CHECKPOINT_INVALID', { path: file, reason }, error);
  }
}

function readPart(file: GgufFile, prefix: string): NamedTensor[] {
  return [...file.tensors.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .map((info) => {
      const bytes = readTensorBytes(file, info);
      return {
        name: info.name.slice(prefix.length),
        shape: info.shape,
        data: new Float32Array(
          bytes.buffer,
          bytes.byteOffset,
          bytes.byteLength / Float32Array.BYTES_PER_ELEMENT,
        ),
      };
    });
}

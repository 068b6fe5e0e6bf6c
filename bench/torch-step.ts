/** The same step in PyTorch, peft and TRL: an interpreter that has them runs `torch_training_step.py` on the same file and ids. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../common/config/repository.js';
import { readGguf } from '../common/llama/gguf.js';
import { defaultLora } from '../worker/nn/lora.js';
import type { BenchContext } from './bench.js';
import { measuredSteps, measuredStepSchema, type MeasuredStep, type TrainingCase } from './training-case.js';

export const torchTypes = ['F32', 'BF16'] as const;

/** @param python  an interpreter with PyTorch, transformers, peft, TRL and gguf */
export async function measureTorch(
  python: string,
  { modelPath, threads }: BenchContext,
  { kind, make, type, isCpu }: TrainingCase & { type: (typeof torchTypes)[number]; isCpu: boolean },
): Promise<MeasuredStep> {
  const folder = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  const { rank, alpha } = defaultLora;
  const rows = make(await readVocabularySize(modelPath)).columns;
  const request = { model: modelPath, kind, type, isCpu, threads, rows, steps: measuredSteps, folder };
  const script = path.join(repositoryRoot, 'bench', 'torch_training_step.py');
  try {
    const { stdout } = await promisify(execFile)(
      python,
      [script, JSON.stringify({ ...request, lora: { rank, alpha } })],
      { maxBuffer: 2 ** 26 },
    );
    return measuredStepSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readVocabularySize(modelPath: string): Promise<number> {
  const file = await readGguf(modelPath);
  return file.tensors.get('token_embd.weight')?.shape[1] ?? 0;
}

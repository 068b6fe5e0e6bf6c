/**
 * How fast a training step is, in what memory, and how much of the machine's own matrix products that is.
 *
 * Each case runs in a process of its own, since peak memory is a process's. Device and libraries are the environment's choice.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readConfig } from '../common/config/config.js';
import { Device, type DeviceOptions } from '../worker/engine/device.js';
import type { Bench, BenchContext, BenchTable } from './bench.js';
import { productRate } from './product-rate.js';
import { measuredStepSchema, trainingCases } from './training-case.js';

export const trainingStep: Bench = {
  summary: "LoRA training steps: tokens a second, peak memory, share of the machine's products",
  run: measureTraining,
};

async function measureTraining({ modelPath, say }: BenchContext): Promise<BenchTable[]> {
  const rates = await measureRates();
  const rows = [];
  for (const [kind, { title }] of Object.entries(trainingCases)) {
    say(`training: ${title}`);
    const { tokensPerSecond, secondsPerStep, peakMb, billionOperations } = await measureApart(
      kind,
      modelPath,
    );
    const share = billionOperations / secondsPerStep / rates.BF16;
    rows.push([
      title,
      Math.round(tokensPerSecond),
      Number(secondsPerStep.toFixed(2)),
      Math.round(peakMb),
      `${Math.round(100 * share)} %`,
    ]);
  }
  const rate = (name: 'F32' | 'BF16') => `${rates[name].toFixed(0)} GFLOP/s in ${name}`;
  return [
    {
      title: 'A training step',
      columns: ['step', 'tokens/s', 's a step', 'peak MB', 'share of the BF16 products'],
      rows,
      notes: [
        `${rates.device}; llama.cpp ${rates.libraries}; products 576 x 1536 x 1024: ${rate('F32')}, ${rate('BF16')}.`,
        'Tokens are those that a trainer without shared prompts would compute for the same examples. Median of three steps after one.',
      ],
    },
  ];
}

async function measureRates() {
  const { gpu, llamaDir } = readConfig();
  using device = await Device.open(benchDevice());
  const [F32, BF16] = [await productRate(device, 'F32'), await productRate(device, 'BF16')];
  const libraries = llamaDir
    ? `from ${path.basename(llamaDir)}`
    : `prebuilt (${gpu}: ${device.ggml.libraries.variant})`;
  return { F32, BF16, device: device.name, libraries };
}

async function measureApart(kind: string, modelPath: string) {
  const program = fileURLToPath(new URL('training-case-process.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, kind, modelPath], {
    maxBuffer: 2 ** 24,
  });
  return measuredStepSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

/** The device that the environment names. */
export function benchDevice(): DeviceOptions {
  const { gpu, llamaDir } = readConfig();
  return { gpu, ...(llamaDir ? { libraries: llamaDir } : {}) };
}

/**
 * How fast a training step is, in what memory, and how much of the machine's own matrix products that is.
 *
 *   node dist/bench/train-step.js --model FILE.gguf [--steps 3] [--threads N] [--gpu off] [--libraries DIR] [--append]
 *
 * Each case runs in a process of its own, since peak memory is a process's. `--append` adds the table to bench/LOG.md.
 */
import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { GpuChoice } from '../common/llama/libraries.js';
import { Device, type DeviceOptions } from '../worker/engine/device.js';
import { openModel } from '../worker/nn/open-model.js';
import { productRate } from './product-rate.js';
import { plainRows, sharedPairs, type TrainingCase } from './training-batches.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    steps: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    gpu: { type: 'string', default: 'auto' },
    libraries: { type: 'string' },
    recompute: { type: 'boolean', default: false },
    append: { type: 'boolean', default: false },
    case: { type: 'string' },
  },
});

const cases: Record<string, (vocabularySize: number) => TrainingCase> = {
  sft: (vocabularySize) => plainRows(4, 256, vocabularySize),
  dpo: (vocabularySize) => sharedPairs(4, { prompt: 256, answer: 64 }, vocabularySize),
};

interface Measured {
  name: string;
  device: string;
  tokensPerSecond: number;
  secondsPerStep: number;
  peakMb: number;
  billionOperations: number;
}

const device: DeviceOptions = {
  gpu: values.gpu as GpuChoice,
  threads: Number(values.threads),
  ...(values.libraries ? { libraries: values.libraries } : {}),
};

async function measure(kind: string): Promise<Measured> {
  using model = await openModel(values.model!, { ...device, recomputeLayers: values.recompute });
  const { name, batch, plainTokenCount } = cases[kind]!(model.info.vocabularySize);
  const targetCount = batch.targets.rows.length;
  const step = async () => {
    const { logProbs } = await model.forward(batch);
    await model.backward({ logProbs: logProbs.map(() => -1 / targetCount) });
    await model.update({ learningRate: 1e-4 });
  };
  await step();
  const seconds: number[] = [];
  for (let index = 0; index < Number(values.steps); index++) {
    const start = performance.now();
    await step();
    seconds.push((performance.now() - start) / 1000);
  }
  const secondsPerStep = seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)]!;
  const { vocabularySize, width, parameterCount } = model.info;
  const headParameters = vocabularySize * width;
  const body = 4 * (parameterCount - headParameters) * batch.tokens.length;
  return {
    name,
    device: model.info.device,
    tokensPerSecond: plainTokenCount / secondsPerStep,
    secondsPerStep,
    peakMb: process.resourceUsage().maxRSS / 1024,
    billionOperations: (body + 4 * headParameters * targetCount) / 1e9,
  };
}

async function report(): Promise<string> {
  const rates = await measureRates();
  const lines = [];
  for (const kind of Object.keys(cases)) {
    const own = fileURLToPath(import.meta.url);
    const args = [own, ...process.argv.slice(2).filter((word) => word !== '--append'), '--case', kind];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
    const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured;
    const share = found.billionOperations / found.secondsPerStep / rates.BF16;
    lines.push(
      `| ${found.name} | ${found.tokensPerSecond.toFixed(0)} | ${found.secondsPerStep.toFixed(2)} | ` +
        `${found.peakMb.toFixed(0)} | ${(100 * share).toFixed(0)} % |`,
    );
  }
  const [load] = os.loadavg();
  return [
    `### Training step, ${path.basename(values.model!)}`,
    '',
    `${os.cpus()[0]?.model ?? 'unknown CPU'}, ${values.threads} threads of ${os.cpus().length}, device ${rates.device}, load ${load!.toFixed(1)}, ` +
      `llama.cpp ${values.libraries ? `from ${path.basename(values.libraries)}` : 'prebuilt'} (${rates.variant}); ` +
      `products ${rates.F32.toFixed(0)} GFLOP/s in F32, ${rates.BF16.toFixed(0)} in BF16; median of ${values.steps} steps` +
      `${values.recompute ? '; layers computed again' : ''}.`,
    '',
    '| step | tokens/s | s a step | peak MB | share of the BF16 products |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

async function measureRates() {
  using opened = await Device.open(device);
  const [F32, BF16] = [await productRate(opened, 'F32'), await productRate(opened, 'BF16')];
  return { F32, BF16, device: opened.name, variant: opened.ggml.libraries.variant };
}

if (!values.model) {
  console.error('Name a model: --model FILE.gguf');
  process.exitCode = 2;
} else if (values.case) {
  console.log(JSON.stringify(await measure(values.case)));
} else {
  const text = await report();
  console.log(text);
  if (values.append) await appendFile('bench/LOG.md', `\n${text}`);
}

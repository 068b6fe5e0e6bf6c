/**
 * How fast a training step is, in what memory, and how much of the machine's own matrix products that is; beside it, in the same minutes,
 * the same step in PyTorch with peft and TRL where `--python` names an interpreter that has them.
 *
 * Everyone runs in a process of its own, since peak memory is a process's, one after the other on the same threads. The GPU is the
 * environment's choice; with `ATTUNE_LLAMA_DIR` set, both the shipped libraries and those are measured.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readConfig } from '../common/config/config.js';
import type { Bench, BenchContext, BenchTable } from './bench.js';
import { productRatesSchema, type ProductRates } from './product-rate.js';
import { median } from './statistics.js';
import { measureTorch, torchTypes } from './torch-step.js';
import { measuredStepSchema, trainingCases, type MeasuredStep, type TrainingCase } from './training-case.js';

export const trainingStep: Bench = {
  summary: 'LoRA training steps: speed, peak memory, share of the products; beside PyTorch with --python',
  run: measureTraining,
};

/** One build of llama.cpp's libraries. */
interface Build {
  name: string;
  directory: string | null;
  rates: ProductRates;
}

interface Row {
  name: string;
  step: MeasuredStep | null;
  /** GFLOP/s of the products that the step is made of; null where that was not measured. */
  rate: number | null;
}

async function measureTraining(context: BenchContext): Promise<BenchTable[]> {
  const { llamaDir } = readConfig();
  const folders = [
    { name: 'Attune, shipped libraries', directory: null },
    ...(llamaDir ? [{ name: 'Attune, libraries built for the machine', directory: llamaDir }] : []),
  ];
  const builds: Build[] = [];
  for (const { name, directory } of folders)
    builds.push({ name, directory, rates: await measureRates(context, directory) });
  const tables: BenchTable[] = [];
  for (const one of trainingCases) tables.push(await measureCase(context, builds, one));
  return [...tables, ratesTable(builds)];
}

async function measureCase(
  context: BenchContext,
  builds: readonly Build[],
  one: TrainingCase,
): Promise<BenchTable> {
  const rows: Row[] = [];
  for (const { name, directory, rates } of builds) {
    context.say(`${one.kind}: ${name}`);
    const request = { ...commonRequest(context, directory), kind: one.kind, modelPath: context.modelPath };
    const step = measuredStepSchema.parse(await runApart('training-case-process.js', request));
    rows.push({ name, step, rate: rates.BF16 });
  }
  const isCpu = builds.every(({ rates }) => rates.isCpu);
  for (const type of torchTypes) {
    const name = `PyTorch, peft and TRL in ${type}`;
    const { python } = context;
    if (python) context.say(`${one.kind}: ${name}`);
    rows.push({
      name,
      step: python ? await measureTorch(python, context, { ...one, type, isCpu }) : null,
      rate: null,
    });
  }
  return toTable(one, rows);
}

function toTable({ title, make }: TrainingCase, rows: readonly Row[]): BenchTable {
  const { tokenCount } = make(1);
  const [exact] = rows.filter(({ name }) => name.endsWith('F32'));
  const secondsOf = (step: MeasuredStep) => median(step.seconds.slice(1));
  const cells = ({ step, rate }: Row): (string | number)[] => {
    if (!step) return ['not measured', '', '', '', '', '', '', ''];
    const seconds = secondsOf(step);
    const share = step.billionOperations && rate ? step.billionOperations / seconds / rate : null;
    const times = exact?.step ? (secondsOf(exact.step) / seconds).toFixed(2) : '';
    const memory = exact?.step ? (step.peakMb / exact.step.peakMb).toFixed(2) : '';
    return [
      Math.round(tokenCount / seconds),
      seconds.toFixed(2),
      median(step.cpuSeconds.slice(1)).toFixed(2),
      Math.round(step.peakMb),
      share === null ? '' : `${Math.round(100 * share)} %`,
      times,
      memory,
      step.firstLoss.toFixed(4),
    ];
  };
  const versions = Object.entries(exact?.step?.versions ?? {}).map((entry) => entry.join(' '));
  return {
    title,
    columns: [
      ...['', 'tokens/s', 's a step', 'CPU s a step', 'peak MB', 'of the BF16 products'],
      ...['times PyTorch F32', 'of its memory', 'first loss'],
    ],
    rows: rows.map((row) => [row.name, ...cells(row)]),
    notes: [
      'Median of three steps after one; peak memory of the process while it steps, or what it takes of a GPU. Tokens are those of all sequences, a prompt once for each answer.',
      `LoRA of rank 16 on every linear layer, no gradient checkpointing${versions.length > 0 ? `; ${versions.join(', ')}` : ''}.`,
    ],
  };
}

const ratesTable = (builds: readonly Build[]): BenchTable => ({
  title: 'Matrix products 576 x 1536 x 1024, GFLOP/s',
  columns: ['', 'F32', 'BF16', 'device', 'threads'],
  rows: builds.map(({ name, rates }) => [
    name,
    rates.F32.toFixed(0),
    rates.BF16.toFixed(0),
    rates.device,
    rates.threads,
  ]),
});

const measureRates = async (context: BenchContext, directory: string | null): Promise<ProductRates> =>
  productRatesSchema.parse(await runApart('product-rate-process.js', commonRequest(context, directory)));

const commonRequest = ({ threads }: BenchContext, libraries: string | null) => ({
  threads,
  libraries,
  gpu: readConfig().gpu,
});

/** Runs a program of this folder. @returns the last line of its output, parsed */
async function runApart(program: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), program);
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(request)], {
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

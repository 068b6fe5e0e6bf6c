/**
 * Serving without the stack around it: the batch loop called directly, and node-llama-cpp's own evaluator, on the same model, the same
 * prompts and the same sampling.
 *
 *     node dist/bench/inference-loop.js --model FILE.gguf [--streams 1,4,8,16] [--prompt 64] [--tokens 64] [--rounds 3] [--threads N] [--write]
 *
 * Each measurement is a process of its own, as both bring a llama.cpp along; the two take turns within each round, so that a machine which
 * slows down slows both. `--write` appends the table to bench/LOG.md. Prompts are arbitrary but fixed ids, different for each stream, so
 * that no stream has another's prefix. Total time includes reading the prompts. Run it on an otherwise idle machine.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../common/config/repository.js';
import { countPhysicalCores } from '../worker/inference/capacity.js';
import type { LoopMeasurement, LoopTask } from './loop-task.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    streams: { type: 'string', default: '1,4,8,16' },
    prompt: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(countPhysicalCores()) },
    gpu: { type: 'string', default: 'off' },
    write: { type: 'boolean', default: false },
  },
});
if (!values.model) throw new Error('--model FILE.gguf is needed');

const engines = ['loop', 'evaluator'] as const;
type Engine = (typeof engines)[number];

async function measure(engine: Engine, task: LoopTask): Promise<LoopMeasurement> {
  const program = fileURLToPath(new URL(`./measure-${engine}.js`, import.meta.url));
  const child = fork(program, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${engine} ended with ${String(code)} before it had measured`);
    }),
  ])) as [LoopMeasurement];
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return message;
}

const median = (numbers: readonly number[]) => percentile(numbers, 0.5);
function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Of all rounds: the median of the totals, and first tokens of all streams together. */
function summarise(runs: readonly LoopMeasurement[]) {
  const rates = runs.map((run) => run.tokens / run.seconds);
  const first = runs.flatMap((run) => run.firstTokenMs);
  return {
    rate: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    p50: percentile(first, 0.5),
    p95: percentile(first, 0.95),
    memoryMb: median(runs.map((run) => run.memoryBytes / 1e6)),
  };
}

const numbers = (text: string) => text.split(',').map(Number);
const rows: string[] = [];
for (const streams of numbers(values.streams)) {
  const task: LoopTask = {
    model: path.resolve(values.model),
    streams,
    promptTokens: Number(values.prompt),
    newTokens: Number(values.tokens),
    threads: Number(values.threads),
    gpu: values.gpu === 'off' ? 'off' : 'auto',
  };
  const runs: Record<Engine, LoopMeasurement[]> = { loop: [], evaluator: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const engine of engines) runs[engine].push(await measure(engine, task));
  }
  const [loop, evaluator] = [summarise(runs.loop), summarise(runs.evaluator)];
  for (const [name, figures] of [
    ['batch loop', loop],
    ['node-llama-cpp evaluator', evaluator],
  ] as const) {
    const range = `${figures.slowest.toFixed(1)}-${figures.fastest.toFixed(1)}`;
    const ratio = name === 'batch loop' ? `${(loop.rate / evaluator.rate).toFixed(2)}x` : '';
    rows.push(
      `| ${streams} | ${name} | ${figures.rate.toFixed(1)} | ${range} | ${figures.p50.toFixed(0)} | ${figures.p95.toFixed(0)} | ${figures.memoryMb.toFixed(0)} | ${ratio} |`,
    );
  }
  process.stderr.write(`${rows.slice(-2).join('\n')}\n`);
}

const table = `
## Batch loop and evaluator, without the stack

${path.basename(values.model)}, ${values.prompt} prompt + ${values.tokens} new tokens a stream, temperature 0.8, top-k 40, top-p 0.95, ${values.rounds} rounds, ${values.threads} threads, GPU ${values.gpu};
${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.cpus().length} cores, Node ${process.version}, node-llama-cpp's prebuilt libraries; load average before: ${(os.loadavg()[0] ?? 0).toFixed(1)}; ${new Date().toISOString().slice(0, 10)}.

| streams | | tokens/s, median | range | first token p50, ms | p95, ms | memory, MB | loop / evaluator |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
process.stdout.write(table);
if (values.write) await appendFile(path.join(repositoryRoot, 'bench/LOG.md'), table);

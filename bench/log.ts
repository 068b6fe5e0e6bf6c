/** `bench/LOG.md`: figures as they were measured, the bad ones too, with what they were measured on. */
import { appendFile, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { readConfig } from '../common/config/config.js';
import { repositoryRoot } from '../common/config/repository.js';
import type { BenchTable } from './bench.js';

const logFile = path.join(repositoryRoot, 'bench', 'LOG.md');

/** @returns what was appended */
export async function appendToLog(
  name: string,
  modelPath: string,
  tables: readonly BenchTable[],
): Promise<string> {
  const { threads: wish } = readConfig();
  const threads = wish === null ? '' : ` (${wish} ${wish === 1 ? 'computes' : 'compute'})`;
  const facts = [
    new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    `${os.cpus()[0]?.model.trim() ?? os.arch()}, ${os.availableParallelism()} cores${threads}, ${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    `load average before the end ${os.loadavg()[0]?.toFixed(1)}`,
    `Node ${process.versions.node}, node-llama-cpp ${await versionOf('node-llama-cpp')}`,
    path.basename(modelPath),
  ];
  const text = [`\n## ${name}\n`, `${facts.join(' · ')}\n`, ...tables.map(render)].join('\n');
  await appendFile(logFile, text);
  return text;
}

async function versionOf(name: string): Promise<string> {
  const file = path.join(repositoryRoot, 'node_modules', name, 'package.json');
  return z.object({ version: z.string() }).parse(JSON.parse(await readFile(file, 'utf8'))).version;
}

function render({ title, columns, rows, notes = [] }: BenchTable): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [
    `### ${title}\n`,
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map(line),
    '',
    ...notes.map((note) => `- ${note}`),
    ...(notes.length > 0 ? [''] : []),
  ].join('\n');
}

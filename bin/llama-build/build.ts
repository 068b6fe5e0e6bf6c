/**
 * Builds llama.cpp's back ends for this machine, from the sources that node-llama-cpp ships, and puts them beside the shipped libraries of
 * the same release in a folder for `ATTUNE_LLAMA_DIR`. Needs no network.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import {
  findShippedFolder,
  platformName,
  readShippedRelease,
  shippedBundle,
} from '../../common/llama/shipped.js';
import { assertBuildTools } from './build-tools.js';
import { planBuild, type BuildGpu, type BuildPlan } from './plan.js';

export interface BuildRequest {
  /** Folder of the libraries; replaced when an earlier build made it. */
  out: string;
  gpu: BuildGpu;
  /** Compilers at a time. */
  jobs: number;
  /** Told each step, and each percent of the build. */
  say(line: string): void;
}

/** Marks a folder as ours, with what it was made from. */
const markName = 'attune-llama.json';
/** Of the shipped libraries, those that every machine shares. */
const sharedLibrary = /^(lib)?(ggml-base|ggml|llama|llama-common)(\.v[\d.]+)?\.(so|dylib)$/;
const backendLibrary = /^(lib)?ggml-(cpu|cuda|vulkan|metal)\.(so|dylib)$/;

/**
 * @throws AppError `LLAMA_BUILD_TOOL_MISSING`, `LLAMA_BUILD_UNSUPPORTED`, `LLAMA_BUILD_FOLDER_TAKEN`, `ENGINE_LIBRARIES_MISSING` without shipped
 *   libraries, `LLAMA_BUILD_FAILED` with the end of what the compiler said
 */
export async function buildLlama({ out, gpu, jobs, say }: BuildRequest): Promise<void> {
  const plan = planBuild(gpu, process);
  await assertReplaceable(out);
  assertBuildTools(gpu);
  const shipped = findShippedFolder('cpu');
  if (!shipped) throw new AppError('ENGINE_LIBRARIES_MISSING', { wanted: 'cpu', platform: platformName() });

  const work = await mkdtemp(path.join(tmpdir(), 'attune-llama-'));
  const log = path.join(work, 'build.log');
  const [sources, build] = [path.join(work, 'llama.cpp'), path.join(work, 'build')];
  const run = (step: string, program: string, args: readonly string[]) =>
    runLogged(program, args, { step, log, say });
  say(`unpacking the sources of llama.cpp ${readShippedRelease()}`);
  await run('unpacking', 'git', ['clone', '--quiet', shippedBundle(), sources]);
  say('configuring');
  const options = Object.entries(plan.options).map(([name, value]) => `-D${name}=${value}`);
  await run('configuring', 'cmake', ['-S', sources, '-B', build, ...options]);
  say(`compiling ${plan.targets.join(' and ')}; this takes minutes`);
  await run('compiling', 'cmake', [
    '--build',
    build,
    '--target',
    ...plan.targets,
    '--parallel',
    String(jobs),
  ]);
  await assemble(out, { shipped, built: path.join(build, 'bin'), plan });
  await rm(work, { recursive: true, force: true });
}

async function assertReplaceable(out: string): Promise<void> {
  const isTaken = existsSync(out) && !existsSync(path.join(out, markName));
  if (isTaken && (await readdir(out)).length > 0)
    throw new AppError('LLAMA_BUILD_FOLDER_TAKEN', { path: out });
}

/** Whole or not at all: beside its place first, then moved there. */
async function assemble(
  out: string,
  { shipped, built, plan }: { shipped: string; built: string; plan: BuildPlan },
): Promise<void> {
  const staged = `${out}.new`;
  await rm(staged, { recursive: true, force: true });
  await mkdir(staged, { recursive: true });
  for (const [folder, pattern] of [[shipped, sharedLibrary] as const, [built, backendLibrary] as const])
    for (const name of await readdir(folder))
      if (pattern.test(name)) await copyFile(path.join(folder, name), path.join(staged, name));
  const mark = { release: readShippedRelease(), platform: platformName(), ...plan };
  await writeFile(path.join(staged, markName), `${JSON.stringify(mark, null, 2)}\n`);
  await rm(out, { recursive: true, force: true });
  await rename(staged, out);
}

interface Step {
  step: string;
  log: string;
  say(line: string): void;
}

/** Runs a program with its output in the log. @throws AppError `LLAMA_BUILD_FAILED` */
async function runLogged(program: string, args: readonly string[], { step, log, say }: Step): Promise<void> {
  const file = createWriteStream(log, { flags: 'a' });
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(file, { end: false });
    stream.on('data', (chunk: Buffer) => {
      const percent = /\[ *(\d+%)\]/.exec(chunk.toString())?.[1];
      if (percent && percent !== told) say((told = percent));
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  await new Promise((resolve) => file.end(resolve));
  if (status === 0) return;
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const errors = lines.filter((line) => /error|fatal/i.test(line));
  const reason = (errors.length > 0 ? errors : lines).slice(-5).join('\n');
  throw new AppError('LLAMA_BUILD_FAILED', { step, reason, log });
}

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readConfig } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import { readShippedRelease } from '../../common/llama/shipped.js';
import { Device } from '../../worker/engine/device.js';
import { buildLlama, type BuildRequest } from '../llama-build/build.js';
import { buildGpus } from '../llama-build/plan.js';
import type { Command } from './command.js';

/** `npx attune build-llama --gpu cuda` */
export const buildLlamaCommand: Command = {
  summary: "builds llama.cpp's libraries for this very machine, which trains and answers faster",
  describe: () =>
    [
      'npx attune build-llama [--gpu off] [--out folder] [--jobs n]',
      '',
      "Compiles the sources that node-llama-cpp ships with this machine's own instructions. Takes git, CMake, a C++ compiler and some minutes;",
      'downloads nothing. Afterwards start with ATTUNE_LLAMA_DIR set to the folder.',
      '',
      `  --gpu    ${buildGpus.join(', ')}; off builds for the CPU alone`,
      '  --out    folder of the libraries; else one in the data folder',
      '  --jobs   compilers at a time; as many as there are cores, unless told',
    ].join('\n'),
  async run(args) {
    const request = parseBuildArguments(args);
    const isTerminal = process.stderr.isTTY;
    await buildLlama({
      ...request,
      say: (line) => {
        if (line.endsWith('%') && isTerminal) process.stderr.write(`\r${line} `);
        else if (!line.endsWith('%')) process.stderr.write(`${isTerminal ? '\r' : ''}${line}\n`);
      },
    });
    // Opened once, so that a build that does not run here is known now.
    using device = await Device.open({ gpu: request.gpu, libraries: request.out });
    console.log(`Built for ${device.name}. Use it with\n\n  ATTUNE_LLAMA_DIR=${request.out} npm start`);
    return 0;
  },
};

const flagsSchema = z.strictObject({
  gpu: z.enum(buildGpus).default('off'),
  out: z.string().min(1).optional(),
  jobs: z.coerce.number().int().min(1).max(256).optional(),
});

/** @throws AppError `REQUEST_INVALID` naming what is wrong with the flags */
export function parseBuildArguments(args: readonly string[]): Omit<BuildRequest, 'say'> {
  const { gpu, out, jobs } = readFlags(args);
  const folder = `llama-${readShippedRelease()}${gpu === 'off' ? '' : `-${gpu}`}`;
  return {
    gpu,
    out: path.resolve(out ?? path.join(readConfig().dataDir, folder)),
    jobs: jobs ?? availableParallelism(),
  };
}

function readFlags(args: readonly string[]): z.infer<typeof flagsSchema> {
  const options = { gpu: { type: 'string' }, out: { type: 'string' }, jobs: { type: 'string' } } as const;
  try {
    return flagsSchema.parse(parseArgs({ args: [...args], options }).values);
  } catch (error) {
    const issues =
      error instanceof z.ZodError
        ? error.issues.map(({ path: [flag], message }) => `--${String(flag)}: ${message}`)
        : [error instanceof Error ? error.message : String(error)];
    throw new AppError('REQUEST_INVALID', { issues }, error);
  }
}

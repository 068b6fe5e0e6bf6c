/**
 * What the tests of engine and batch loop compute on: the CPU, or the GPU that ATTUNE_TEST_GPU names (cuda, vulkan, metal), by the libraries
 * that ATTUNE_LLAMA_DIR names, if any. Everybody has to pass the same, since a process opens one llama.cpp.
 */
import { readConfig } from '../../common/config/config.js';
import type { GpuChoice } from '../../common/llama/libraries.js';

const { gpu, llamaDir } = readConfig({
  ...process.env,
  ATTUNE_GPU: process.env['ATTUNE_TEST_GPU'] ?? 'off',
});

/** As a training run's request names it. */
export const testMachine = { gpu, llamaDirectory: llamaDir } satisfies {
  gpu: GpuChoice;
  llamaDirectory: string | null;
};
/** For the engine. */
export const testDevice = { gpu, ...(llamaDir !== null && { libraries: llamaDir }) };
/** For llama.cpp itself. */
export const testLibraries = { gpu, ...(llamaDir !== null && { directory: llamaDir }) };

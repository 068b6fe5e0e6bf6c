/** The programs that a build needs, looked for before anything is begun. */
import { spawnSync } from 'node:child_process';
import { AppError } from '../../common/contracts/errors.js';
import type { BuildGpu } from './plan.js';

interface Tool {
  name: string;
  /** Any of these will do. */
  programs: readonly string[];
  advice: string;
}

const everyBuild: readonly Tool[] = [
  { name: 'git', programs: ['git'], advice: 'install it (Debian: apt-get install git)' },
  {
    name: 'CMake',
    programs: ['cmake'],
    advice: 'install it (Debian: apt-get install cmake; macOS: brew install cmake)',
  },
  {
    name: 'a C++ compiler',
    programs: [...(process.env['CXX'] ? [process.env['CXX']] : []), 'c++', 'g++', 'clang++'],
    advice: 'install one (Debian: apt-get install build-essential; macOS: xcode-select --install)',
  },
];
const gpuTools: Partial<Record<BuildGpu, Tool>> = {
  cuda: {
    name: "CUDA's compiler",
    programs: [...(process.env['CUDACXX'] ? [process.env['CUDACXX']] : []), 'nvcc'],
    advice: "install NVIDIA's CUDA toolkit, or name its nvcc in CUDACXX",
  },
  vulkan: {
    name: "Vulkan's shader compiler",
    programs: ['glslc'],
    advice: 'install it with the Vulkan headers (Debian: apt-get install glslc libvulkan-dev)',
  },
};

/** @throws AppError `LLAMA_BUILD_TOOL_MISSING` naming the first that is not on the PATH, and how to get it */
export function assertBuildTools(gpu: BuildGpu): void {
  for (const { name, programs, advice } of [...everyBuild, ...[gpuTools[gpu] ?? []].flat()])
    if (!programs.some(answers)) throw new AppError('LLAMA_BUILD_TOOL_MISSING', { tool: name, advice });
}

const answers = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

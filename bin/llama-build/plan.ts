/** What is built of llama.cpp for a machine, and with which options of its own CMake files. */
import { AppError } from '../../common/contracts/errors.js';

export const buildGpus = ['off', 'cuda', 'vulkan', 'metal'] as const;
export type BuildGpu = (typeof buildGpus)[number];

export interface Machine {
  /** `process.platform` */
  platform: string;
  /** `process.arch` */
  arch: string;
}

export interface BuildPlan {
  /** CMake's cache entries. */
  options: Readonly<Record<string, string>>;
  /** Libraries of back ends: the only part whose speed depends on the machine. */
  targets: readonly string[];
}

/**
 * Back ends are loaded when the program runs, so that those that fit the machine go beside the shipped libraries of the same release.
 *
 * @throws AppError `LLAMA_BUILD_UNSUPPORTED` on Windows, whose compilers cannot be told to use what the machine has, and for a GPU interface
 *   that the system does not know
 */
export function planBuild(gpu: BuildGpu, { platform, arch }: Machine): BuildPlan {
  if (platform !== 'linux' && platform !== 'darwin')
    throw new AppError('LLAMA_BUILD_UNSUPPORTED', { reason: `there is no build for ${platform}` });
  if ((gpu === 'metal') !== (platform === 'darwin') && gpu !== 'off')
    throw new AppError('LLAMA_BUILD_UNSUPPORTED', { reason: `${platform} has no ${gpu}` });
  // ggml refuses GGML_NATIVE for x86 back ends that are loaded at run time; the compiler's own switch is what it would set.
  const native: Readonly<Record<string, string>> =
    arch === 'x64'
      ? { GGML_NATIVE: 'OFF', CMAKE_C_FLAGS: '-march=native', CMAKE_CXX_FLAGS: '-march=native' }
      : { GGML_NATIVE: 'ON' };
  return {
    options: {
      CMAKE_BUILD_TYPE: 'Release',
      BUILD_SHARED_LIBS: 'ON',
      GGML_BACKEND_DL: 'ON',
      GGML_CCACHE: 'OFF',
      ...native,
      GGML_CUDA: gpu === 'cuda' ? 'ON' : 'OFF',
      // For the cards that are here; all that ggml knows of would take ten times as long.
      ...(gpu === 'cuda' && { CMAKE_CUDA_ARCHITECTURES: 'native' }),
      GGML_VULKAN: gpu === 'vulkan' ? 'ON' : 'OFF',
      GGML_METAL: gpu === 'metal' ? 'ON' : 'OFF',
      // The file names and the search path of the shipped libraries, beside which these are put.
      CMAKE_PLATFORM_NO_VERSIONED_SONAME: 'ON',
      CMAKE_BUILD_WITH_INSTALL_RPATH: 'ON',
      CMAKE_INSTALL_RPATH: platform === 'darwin' ? '@loader_path' : '$ORIGIN',
      ...Object.fromEntries(
        ['APP', 'TESTS', 'TOOLS', 'EXAMPLES', 'SERVER', 'COMMON'].map((part) => [
          `LLAMA_BUILD_${part}`,
          'OFF',
        ]),
      ),
    },
    targets: ['ggml-cpu', ...(gpu === 'off' ? [] : [`ggml-${gpu}`])],
  };
}

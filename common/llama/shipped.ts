/** What node-llama-cpp ships: libraries for many machines, and the sources that they were built from. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';

export type GpuVariant = 'cuda' | 'vulkan' | 'metal' | 'cpu';

const require = createRequire(import.meta.url);
const packageFolder = () => path.dirname(path.dirname(require.resolve('node-llama-cpp')));

/** llama.cpp's release, such as `v0.5.0`: part of the libraries' file names. */
export function readShippedRelease(): string {
  const file = path.join(packageFolder(), 'llama', 'binariesGithubRelease.json');
  return z.object({ release: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).release;
}

/** llama.cpp's sources of that release, as a git bundle. */
export const shippedBundle = () => path.join(packageFolder(), 'llama', 'gitRelease.bundle');

/**
 * The libraries' folder is named like its package: `linux-x64`, `linux-x64-cuda`, `mac-arm64-metal`, `win-x64-vulkan`.
 *
 * @returns null when this machine has no such package
 */
export function findShippedFolder(variant: GpuVariant): string | null {
  const name = variant === 'cpu' ? platformName() : `${platformName()}-${variant}`;
  // Resolved beside node-llama-cpp, whose optional dependencies they are; package managers need not hoist them.
  const beside = createRequire(require.resolve('node-llama-cpp'));
  try {
    const root = path.dirname(path.dirname(beside.resolve(`@node-llama-cpp/${name}`)));
    return path.join(root, 'bins', name);
  } catch {
    return null;
  }
}

/**
 * A module of the pinned version that its main export hides, or gives only with everything else, which takes half a second to load.
 *
 * @param file  beside the main export: `./utils/getPlatform.js`
 */
export async function importShipped<Module>(file: string): Promise<Module> {
  return (await import(new URL(file, import.meta.resolve('node-llama-cpp')).href)) as Module;
}

/** As node-llama-cpp names it: `linux-x64`. */
export function platformName(): string {
  const system =
    { linux: 'linux', darwin: 'mac', win32: 'win' }[process.platform as string] ?? process.platform;
  return `${system}-${process.arch === 'arm' ? 'armv7l' : process.arch}`;
}

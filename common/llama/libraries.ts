/**
 * Finds llama.cpp's shared libraries, as node-llama-cpp ships them or as `ATTUNE_LLAMA_DIR` names them, and opens them once per process.
 *
 * Owns the process-wide handles; they are never unloaded, since ggml keeps state of its own behind them. Leaves out the C functions
 * themselves: `ggml.ts` and `llama.ts` bind those.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import koffi from 'koffi';
import { AppError } from '../contracts/errors.js';
import {
  findShippedFolder,
  importShipped,
  platformName,
  readShippedRelease,
  type GpuVariant,
} from './shipped.js';

export type GpuChoice = 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off';
type Library = ReturnType<typeof koffi.load>;

export interface LlamaLibraries {
  /** Folder that the libraries and their back ends were loaded from. */
  directory: string;
  /** Which build was opened; a GPU build still runs on the CPU where no device answers. */
  variant: GpuVariant;
  /** libggml-base: tensors, ops, graphs, allocation, GGUF. */
  base: Library;
  /** libggml: registry of back ends and devices. */
  registry: Library;
  /** libllama: models, contexts, samplers, adapters. */
  llama: Library;
}

export interface LibraryOptions {
  /** `auto` takes the best that this machine's drivers support. */
  gpu?: GpuChoice;
  /** A folder of libraries built for this machine; wins over `gpu`. */
  directory?: string;
}

let opened: Promise<LlamaLibraries> | undefined;

/**
 * Opens the libraries, or returns those already open: a process has one llama.cpp, whatever later calls ask for.
 *
 * @throws AppError `ENGINE_LIBRARIES_MISSING` when the folder, or the build for the chosen GPU, is not on this machine;
 *   `ENGINE_LIBRARIES_VERSION` when the folder's are of another llama.cpp
 */
export function openLibraries(options: LibraryOptions = {}): Promise<LlamaLibraries> {
  opened ??= open(options);
  return opened;
}

async function open({ gpu = 'auto', directory }: LibraryOptions): Promise<LlamaLibraries> {
  const found = directory ? { directory, variant: variantIn(directory) } : await findShipped(gpu);
  const base = koffi.load(fileIn(found.directory, /^(lib)?ggml-base\.(so|dylib|dll)$/), {
    global: true,
    lazy: false,
  });
  const registry = koffi.load(
    fileIn(found.directory, /^(lib)?ggml(\.[a-z]+)?(\.v[\d.]+)?\.(so|dylib|dll)$/),
    {
      global: true,
    },
  );
  const llama = koffi.load(fileIn(found.directory, /^(lib)?llama(\.[a-z]+)?(\.v[\d.]+)?\.(so|dylib|dll)$/), {
    global: true,
  });
  if (directory) assertRelease(llama, directory);
  registry.func('void ggml_backend_load_all_from_path(str)')(found.directory);
  return { ...found, base, registry, llama };
}

/** Structs travel by value, so that another release would be read wrongly and crash later. */
function assertRelease(llama: Library, directory: string): void {
  const came = String(llama.func('llama_version', 'str', [])());
  const expected = readShippedRelease();
  // Builds from a branch rather than from a release say so behind the number.
  if (`v${came.replace(/-.*$/, '')}` !== expected)
    throw new AppError('ENGINE_LIBRARIES_VERSION', { directory, came, expected });
}

async function findShipped(gpu: GpuChoice): Promise<{ directory: string; variant: GpuVariant }> {
  const wanted: GpuVariant[] =
    gpu === 'auto' ? [...(await listSupported()), 'cpu'] : [gpu === 'off' ? 'cpu' : gpu];
  for (const variant of wanted) {
    const directory = findShippedFolder(variant);
    if (directory) return { directory, variant };
  }
  throw new AppError('ENGINE_LIBRARIES_MISSING', { wanted: wanted.join(' or '), platform: platformName() });
}

/** What this machine's drivers run, the best first; false is node-llama-cpp's word for the CPU. */
async function listSupported(): Promise<GpuVariant[]> {
  const { getLlamaGpuTypes } = await importShipped<Pick<typeof import('node-llama-cpp'), 'getLlamaGpuTypes'>>(
    './bindings/utils/getLlamaGpuTypes.js',
  );
  return (await getLlamaGpuTypes('supported')).map((type) => type || 'cpu');
}

function variantIn(directory: string): GpuVariant {
  const names = namesIn(directory);
  const variants = ['cuda', 'vulkan', 'metal'] as const;
  return variants.find((variant) => names.some((name) => name.includes(`ggml-${variant}`))) ?? 'cpu';
}

function fileIn(directory: string, pattern: RegExp): string {
  const name = namesIn(directory).find((candidate) => pattern.test(candidate));
  if (!name) throw new AppError('ENGINE_LIBRARIES_MISSING', { wanted: String(pattern), platform: directory });
  return path.join(directory, name);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    throw new AppError('ENGINE_LIBRARIES_MISSING', { wanted: directory, platform: platformName() }, cause);
  }
}

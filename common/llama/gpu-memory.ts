/** Memory of the GPUs that models are put on, as their drivers tell it. */
import { deviceTypes, openGgml } from './ggml.js';
import type { LibraryOptions } from './libraries.js';

/** Of all of them together. */
export interface GpuMemory {
  freeBytes: number;
  totalBytes: number;
}

/** @param options  as the libraries are opened with, unless they are open @returns null where there is no GPU to compute on */
export async function findGpuMemory(options: LibraryOptions = {}): Promise<GpuMemory | null> {
  if (options.gpu === 'off') return null;
  const { backend } = await openGgml(options);
  const devices = Array.from({ length: Number(backend.dev_count()) }, (_, index) => backend.dev_get(index));
  const ofType = (type: number) => devices.filter((device) => backend.dev_type(device) === type);
  // One that shares the machine's memory counts where there is no other, as llama.cpp chooses.
  const own = ofType(deviceTypes.gpu);
  const chosen = own.length > 0 ? own : ofType(deviceTypes.integratedGpu);
  if (chosen.length === 0) return null;
  const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
  const memory = { freeBytes: 0, totalBytes: 0 };
  for (const device of chosen) {
    backend.dev_memory(device, free, total);
    memory.freeBytes += Number(free[0]);
    memory.totalBytes += Number(total[0]);
  }
  return memory;
}

/**
 * CPU threads that stay from one computation to the next.
 *
 * Without a pool ggml starts its threads anew for every graph. A scheduler that puts a new thread on its parent's core leaves it waiting there
 * for longer than a small model's token takes; a training step, which is long, is no faster with one. Between graphs the threads sleep
 * (`poll` is 0): one that looks out for work would keep a core from everybody else.
 */
import koffi from 'koffi';
import { AppError } from '../contracts/errors.js';
import { deviceTypes } from './ggml.js';
import type { LlamaLibraries } from './libraries.js';
import { bindFunctions, type Pointer } from './native.js';

/** `struct ggml_threadpool_params`. */
const poolParams = koffi.struct({
  cpumask: koffi.array('bool', 512),
  n_threads: 'int',
  prio: 'int',
  poll: 'uint32_t',
  strict_cpu: 'bool',
  paused: 'bool',
});
interface PoolParams {
  n_threads: number;
  prio: number;
  poll: number;
  strict_cpu: boolean;
  paused: boolean;
}
const knownDefaults = { prio: 0, poll: 50, strict_cpu: false, paused: false };

const newPool = koffi.proto('ggml_threadpool_new', 'void *', [koffi.pointer(poolParams)]);
const freePool = koffi.proto('ggml_threadpool_free', 'void', ['void *']);

export class ThreadPool implements Disposable {
  private constructor(
    /** `ggml_threadpool_t`. */
    readonly pointer: Pointer,
    private readonly libraries: LlamaLibraries,
  ) {}

  /**
   * @returns null for a single thread, which needs none
   * @throws AppError `ENGINE_LAYOUT_CHANGED`
   */
  static open(libraries: LlamaLibraries, threads: number): ThreadPool | null {
    if (threads < 2) return null;
    const params = { ...defaultParams(libraries, threads), poll: 0 };
    const pointer = koffi.call(findCpuFunction(libraries, newPool), newPool, params) as Pointer | null;
    return pointer === null ? null : new ThreadPool(pointer, libraries);
  }

  /** Whatever computes on it must be gone. */
  [Symbol.dispose](): void {
    koffi.call(findCpuFunction(this.libraries, freePool), freePool, this.pointer);
  }
}

/** A function of the CPU back end, which is a library of its own, chosen by the processor. */
function findCpuFunction({ registry, base }: LlamaLibraries, { name }: { name: string }): Pointer {
  const { dev_by_type } = bindFunctions(registry, 'ggml_backend_', { dev_by_type: ['nullable', 'i32'] });
  const { dev_backend_reg, reg_get_proc_address } = bindFunctions(base, 'ggml_backend_', {
    dev_backend_reg: ['pointer', 'pointer'],
    reg_get_proc_address: ['nullable', 'pointer', 'text'],
  });
  const cpu = dev_by_type(deviceTypes.cpu);
  const found = cpu === null ? null : reg_get_proc_address(dev_backend_reg(cpu), name);
  if (found === null)
    throw new AppError('ENGINE_LAYOUT_CHANGED', { what: name, came: 'nothing', expected: 'a function' });
  return found;
}

function defaultParams({ base }: LlamaLibraries, threads: number): PoolParams {
  const initialise = base.func('ggml_threadpool_params_init', 'void', [
    koffi.out(koffi.pointer(poolParams)),
    'int',
  ]);
  const params = {} as PoolParams;
  initialise(params, threads);
  for (const [field, expected] of Object.entries({ ...knownDefaults, n_threads: threads })) {
    const came = params[field as keyof PoolParams];
    if (came === expected) continue;
    const what = `ggml_threadpool_params.${field}`;
    throw new AppError('ENGINE_LAYOUT_CHANGED', { what, came: String(came), expected: String(expected) });
  }
  return params;
}

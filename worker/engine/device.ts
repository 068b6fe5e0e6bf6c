/**
 * One ggml back end: where weights live and graphs are computed. Owns the back end; whatever lives on it must be disposed of first.
 */
import { AppError } from '../../common/contracts/errors.js';
import { deviceTypes, openGgml, type Ggml } from '../../common/llama/ggml.js';
import type { GpuChoice } from '../../common/llama/libraries.js';
import type { Pointer } from '../../common/llama/native.js';
import { countCores } from '../../common/machine/cores.js';
import { freeMemory } from '../../common/machine/memory.js';
import { computesGradients } from './backward-support.js';

export interface DeviceOptions {
  /** `auto` takes a GPU where one answers, else the CPU. Default auto. */
  gpu?: GpuChoice;
  /** Folder of llama.cpp libraries built for this machine. */
  libraries?: string;
  /** CPU threads; default: as many as the process may use. Fewer are faster when the cores are busy, since ggml's threads wait spinning. */
  threads?: number;
}

export class Device implements Disposable {
  private constructor(
    readonly ggml: Ggml,
    readonly backend: Pointer,
    readonly isCpu: boolean,
  ) {}

  /**
   * A GPU that computes no gradients, as Metal's, is left to serving, and the CPU is taken.
   *
   * @throws AppError `ENGINE_LIBRARIES_MISSING`, `ENGINE_LAYOUT_CHANGED`; `ENGINE_DEVICE_MISSING` when a GPU was named and none answers
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    const gpu = options.gpu ?? 'auto';
    const ggml = await openGgml({ gpu, directory: options.libraries });
    const { backend } = ggml;
    const answering =
      gpu === 'off'
        ? null
        : (backend.dev_by_type(deviceTypes.gpu) ?? backend.dev_by_type(deviceTypes.integratedGpu));
    if (!answering && gpu !== 'off' && gpu !== 'auto')
      throw new AppError('ENGINE_DEVICE_MISSING', { device: gpu });
    const found = answering && computesGradients(ggml, answering) ? answering : null;
    const handle = found ?? backend.dev_by_type(deviceTypes.cpu);
    const started = handle && backend.dev_init(handle, null);
    if (!started) throw new AppError('ENGINE_DEVICE_MISSING', { device: found ? gpu : 'cpu' });
    ggml.setThreads(started, options.threads ?? countCores());
    return new Device(ggml, started, !found);
  }

  get bufferType(): Pointer {
    return this.ggml.backend.get_default_buffer_type(this.backend);
  }

  /** The device's name as its driver tells it. */
  get name(): string {
    return this.ggml.backend.dev_description(this.ggml.backend.get_device(this.backend));
  }

  /** Bytes that are free. ggml calls all of a machine's memory free, whoever uses it. */
  get availableBytes(): number {
    if (this.isCpu) return freeMemory();
    const free = new BigUint64Array(1);
    const total = new BigUint64Array(1);
    this.ggml.backend.dev_memory(this.ggml.backend.get_device(this.backend), free, total);
    return Number(free[0]) || freeMemory();
  }

  [Symbol.dispose](): void {
    this.ggml.backend.free(this.backend);
  }
}

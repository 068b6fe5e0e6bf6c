/**
 * How a run's process treats the chat: it gives way when both want to compute (a lower priority), and stands still altogether where the run
 * is to let the chat go first. Halting a process is felt at once, on a CPU and on a GPU, and loses nothing.
 */
import type { RunSharing } from '../../common/contracts/run-records.js';
import type { ProcessMeter, StartMeter } from '../metering/process-meter.js';
import { makeNice } from './give-way.js';

/** Of the operating system; the chat has 0. Beside what `giveWay` does, for systems that weigh processes by themselves. */
const niceness = 10;

export class RunProcess {
  #pid: number | null = null;
  isHalted = false;
  #freed: (() => void) | null = null;
  #meter: ProcessMeter | null = null;

  /** @param startMeter  counts what the process computes while it is not halted */
  constructor(
    private readonly sharing: RunSharing,
    private readonly startMeter: StartMeter,
  ) {}

  own(pid: number): void {
    this.#pid = pid;
    this.#meter = this.startMeter(pid);
    if (this.sharing === 'share') makeNice(pid, niceness);
    if (this.isHalted) this.halt();
  }

  async disown(): Promise<void> {
    this.#pid = null;
    const meter = this.#meter;
    this.#meter = null;
    await meter?.[Symbol.asyncDispose]();
  }

  halt(): void {
    this.isHalted = true;
    this.#send('SIGSTOP');
    this.#meter?.halt();
  }

  goOn(): void {
    this.isHalted = false;
    this.#send('SIGCONT');
    this.#meter?.goOn();
    this.#freed?.();
  }

  /** Waits before a process is started as long as it would be halted. */
  async untilFree(signal: AbortSignal): Promise<void> {
    if (!this.isHalted || signal.aborted) return;
    await new Promise<void>((resolve) => (this.#freed = resolve));
    this.#freed = null;
  }

  #send(signal: NodeJS.Signals): void {
    if (this.#pid === null) return;
    try {
      process.kill(this.#pid, signal);
    } catch {
      // It ended at this very moment, which whoever started it hears.
    }
  }
}

/** Meters a process that computes one thing: for as long as it runs and is not halted. */
import type { DataSource } from 'typeorm';
import type { Logger } from '../../common/logging/logger.js';
import { EnergyMeter } from './energy-meter.js';
import { UseLedger } from './use-ledger.js';
import { UseSession, type UseSubject } from './use-session.js';

const lapMs = 2000;

export interface ProcessMeterOptions {
  ledger: UseLedger;
  subject: UseSubject;
  pid: number;
  log: Logger;
}

export class ProcessMeter implements AsyncDisposable {
  readonly #session: UseSession;
  readonly #timer: NodeJS.Timeout;
  readonly #energy: Promise<EnergyMeter | null>;
  /** Since when it has computed; null while it is halted. */
  #since: number | null = performance.now();
  /** Milliseconds that are in no lap yet. */
  #computedMs = 0;
  #lapping: Promise<void> = Promise.resolve();

  constructor(private readonly options: ProcessMeterOptions) {
    this.#session = new UseSession(options.subject);
    this.#energy = EnergyMeter.open(options.pid).catch(() => null);
    this.#timer = setInterval(() => void this.#lap(), lapMs);
  }

  halt(): void {
    this.#count();
    this.#since = null;
  }

  goOn(): void {
    this.#since ??= performance.now();
  }

  /** To be called when the process has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.halt();
    await this.#lap();
    (await this.#energy)?.[Symbol.dispose]();
  }

  #count(): void {
    if (this.#since === null) return;
    const now = performance.now();
    this.#computedMs += now - this.#since;
    this.#since = now;
  }

  /** One at a time. A database that is away is tried again. */
  #lap(): Promise<void> {
    this.#count();
    this.#lapping = this.#lapping
      .then(() => this.#write())
      .catch((error: unknown) =>
        this.options.log.warn({ err: error }, 'what was used could not be written yet'),
      );
    return this.#lapping;
  }

  async #write(): Promise<void> {
    const energy = await this.#energy;
    const computedMs = this.#computedMs;
    this.#computedMs = 0;
    const joules = (await energy?.lap(computedMs)) ?? null;
    if (computedMs > 0) this.#session.add(computedMs, joules);
    await this.options.ledger.write([this.#session]);
  }
}

/** Begins to meter the process with this id. */
export type StartMeter = (pid: number) => ProcessMeter;
/** What is computed, then by which process. */
export type MeterOf = (subject: UseSubject) => StartMeter;

export function createMeters({ dataSource, log }: { dataSource: DataSource; log: Logger }): MeterOf {
  const ledger = new UseLedger(dataSource);
  return (subject) => (pid) => new ProcessMeter({ ledger, subject, pid, log });
}

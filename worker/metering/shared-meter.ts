/** Meters the many things that one process computes side by side: each has the time it was given, and that share of the energy. */
import type { DataSource } from 'typeorm';
import type { Logger } from '../../common/logging/logger.js';
import { EnergyMeter } from './energy-meter.js';
import { UseLedger } from './use-ledger.js';
import { UseSession, type UseSubject } from './use-session.js';

const lapMs = 1000;

export class SharedMeter implements AsyncDisposable {
  readonly #ledger: UseLedger;
  /** Sessions that used something, and how many milliseconds since the last lap. */
  readonly #sessions = new Map<UseSession, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #energy: Promise<EnergyMeter | null>;
  #lapping: Promise<void> = Promise.resolve();

  constructor(
    dataSource: DataSource,
    private readonly log: Logger,
  ) {
    this.#ledger = new UseLedger(dataSource);
    this.#energy = EnergyMeter.open(process.pid).catch(() => null);
    this.#timer = setInterval(() => void this.lap(), lapMs);
  }

  begin(subject: UseSubject): UseSession {
    return new UseSession(subject);
  }

  add(session: UseSession, computedMs: number): void {
    this.#sessions.set(session, (this.#sessions.get(session) ?? 0) + computedMs);
  }

  /** Shares out the energy since the last time, and writes all down. One at a time. */
  lap(): Promise<void> {
    this.#lapping = this.#lapping
      .then(() => this.#lap())
      .catch((error: unknown) => this.log.warn({ err: error }, 'what was used could not be written yet'));
    return this.#lapping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.lap();
    (await this.#energy)?.[Symbol.dispose]();
  }

  async #lap(): Promise<void> {
    const energy = await this.#energy;
    const pending = [...this.#sessions].filter(([, ms]) => ms > 0);
    const computedMs = pending.reduce((sum, [, ms]) => sum + ms, 0);
    for (const [session] of pending) this.#sessions.set(session, 0);
    const joules = (await energy?.lap(computedMs)) ?? null;
    for (const [session, ms] of pending) session.add(ms, joules === null ? null : (joules * ms) / computedMs);
    const written = [...this.#sessions.keys()];
    await this.#ledger.write(written);
    for (const session of written) if (this.#sessions.get(session) === 0) this.#sessions.delete(session);
  }
}

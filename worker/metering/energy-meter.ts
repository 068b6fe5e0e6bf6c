/**
 * The energy that one process took. Of a CPU's packages it has the share that its computing has of all computing on the machine, so that
 * two processes never count the same joule; a card's power has no such share, and counts for the time that the process says it computed.
 */
import { readFile } from 'node:fs/promises';
import { openEnergyCounters, type EnergyCounter } from './energy-counters.js';

interface Reading {
  joules: number[];
  /** Clock ticks of the process, and of all that computed on the machine. */
  own: number;
  all: number;
  at: number;
}

export class EnergyMeter implements Disposable {
  #last: Reading;

  private constructor(
    private readonly pid: number,
    private readonly counters: readonly EnergyCounter[],
    first: Reading,
  ) {
    this.#last = first;
  }

  /** @returns null where no device tells */
  static async open(pid: number, counters?: readonly EnergyCounter[]): Promise<EnergyMeter | null> {
    const opened = counters ?? (await openEnergyCounters());
    return opened.length === 0 ? null : new EnergyMeter(pid, opened, await read(pid, opened));
  }

  /**
   * Joules since the last lap.
   *
   * @param computedMs  that the process computed since then
   */
  async lap(computedMs: number): Promise<number> {
    const before = this.#last;
    const now = await read(this.pid, this.counters);
    this.#last = now;
    const cpuShare = share(now.own - before.own, now.all - before.all);
    const gpuShare = share(computedMs, now.at - before.at);
    return this.counters.reduce((sum, { device }, index) => {
      const used = (now.joules[index] ?? 0) - (before.joules[index] ?? 0);
      return sum + used * (device === 'cpu' ? cpuShare : gpuShare);
    }, 0);
  }

  [Symbol.dispose](): void {
    for (const counter of this.counters) counter[Symbol.dispose]();
  }
}

const share = (part: number, whole: number) => (whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0);

async function read(pid: number, counters: readonly EnergyCounter[]): Promise<Reading> {
  const [joules, own, all] = await Promise.all([
    Promise.all(counters.map((counter) => counter.read())),
    readTicks(`/proc/${pid}/stat`, toOwnTicks),
    readTicks('/proc/stat', toBusyTicks),
  ]);
  return { joules, own, all, at: performance.now() };
}

/** 0 where there is no such file: the process has ended, or the system has no /proc. */
async function readTicks(file: string, toTicks: (text: string) => number): Promise<number> {
  return toTicks(await readFile(file, 'utf8').catch(() => ''));
}

/** User and system time, behind the command's name, which may hold anything. */
export function toOwnTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** Everything but idle and waiting for disks. */
export function toBusyTicks(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (stat.split('\n')[0] ?? '')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openEnergyCounters, type EnergyCounter } from '../../worker/metering/energy-counters.js';
import { EnergyMeter, toBusyTicks, toOwnTicks } from '../../worker/metering/energy-meter.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const inFolder = temporaryFolder();

/** A powercap folder as Linux shows it: two packages, a core of the first, and the platform that holds all. */
function writePowercap(zones: Record<string, { name: string; energy: number; range?: number }>): string {
  const folder = inFolder('powercap');
  for (const [zone, { name, energy, range = 1_000_000_000 }] of Object.entries(zones)) {
    mkdirSync(path.join(folder, zone), { recursive: true });
    writeFileSync(path.join(folder, zone, 'name'), `${name}\n`);
    writeFileSync(path.join(folder, zone, 'energy_uj'), `${energy}\n`);
    writeFileSync(path.join(folder, zone, 'max_energy_range_uj'), `${range}\n`);
  }
  return folder;
}

describe('the energy of a CPU', () => {
  it('is that of its packages, cores and platform left out, past the end of their counters', async () => {
    const zones = {
      'intel-rapl:0': { name: 'package-0', energy: 5_000_000 },
      'intel-rapl:0:0': { name: 'core', energy: 1_000_000 },
      'intel-rapl:1': { name: 'package-1', energy: 999_000_000 },
      'intel-rapl:2': { name: 'psys', energy: 7_000_000 },
    };
    const folder = writePowercap(zones);
    const cpu = (await openEnergyCounters(folder)).find(({ device }) => device === 'cpu');
    expect(await cpu?.read()).toBe(0);
    zones['intel-rapl:0'].energy += 3_000_000;
    zones['intel-rapl:0:0'].energy += 2_000_000;
    // Round the end: 1 J up to it and 4 J behind.
    zones['intel-rapl:1'].energy = 4_000_000;
    zones['intel-rapl:2'].energy += 50_000_000;
    writePowercap(zones);
    expect(await cpu?.read()).toBeCloseTo(3 + 5, 9);
  });

  it('is not told where there is no such folder', async () => {
    const counters = await openEnergyCounters(inFolder('nowhere'));
    expect(counters.filter(({ device }) => device === 'cpu')).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('the energy of cards', () => {
  /** Puts an nvidia-smi on the PATH that runs this instead. */
  function pretend(name: string, shell: string): void {
    const folder = inFolder(name);
    mkdirSync(folder);
    const program = path.join(folder, 'nvidia-smi');
    writeFileSync(program, `#!/bin/sh\n${shell}\n`);
    chmodSync(program, 0o755);
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  }
  const open = () => openEnergyCounters(inFolder('nowhere'));
  afterEach(() => vi.unstubAllEnvs());

  it('is their power over time, of those that tell it', async () => {
    const asked = inFolder('asked');
    const cards = `printf '0, 100.00\\n1, [N/A]\\n2, 50.50\\n'`;
    pretend('three-cards', `echo "$@" > '${asked}'\nwhile :; do ${cards}; sleep 0.02; done`);
    const from = performance.now();
    const [gpu] = await open();
    expect(gpu?.device).toBe('gpu');
    expect(readFileSync(asked, 'utf8').trim()).toBe(
      '--query-gpu=index,power.draw --format=csv,noheader,nounits --loop-ms=1000',
    );
    await vi.waitFor(async () => expect(await gpu?.read()).toBeGreaterThan(0));
    const joules = (await gpu?.read()) ?? NaN;
    const seconds = (performance.now() - from) / 1000;
    expect(joules).toBeLessThanOrEqual(150.5 * seconds);
    gpu?.[Symbol.dispose]();
  });

  it('is not told where there is no card, none tells it, or there is no driver', async () => {
    pretend('no-card', `echo 'No devices were found'; exit 6`);
    expect(await open()).toEqual([]);
    pretend('silent-card', `echo '0, [N/A]'; exit 0`);
    expect(await open()).toEqual([]);
    vi.stubEnv('PATH', inFolder('empty'));
    expect(await open()).toEqual([]);
  });
});

describe('the meter of a process', () => {
  const stepping = (device: 'cpu' | 'gpu', joules: number): EnergyCounter => {
    let reads = 0;
    return { device, read: () => Promise.resolve(joules * reads++), [Symbol.dispose]: () => undefined };
  };

  it('takes of a card what falls into the time that it computed', async () => {
    using meter = await EnergyMeter.open(process.pid, [stepping('gpu', 100)]);
    expect(await meter?.lap(60_000)).toBe(100);
    expect(await meter?.lap(0)).toBe(0);
  });

  it.runIf(process.platform === 'linux')('takes of a package its share of all computing', async () => {
    using meter = await EnergyMeter.open(process.pid, [stepping('cpu', 100)]);
    const until = performance.now() + 300;
    while (performance.now() < until) Math.sqrt(until);
    const joules = (await meter?.lap(300)) ?? 0;
    expect(joules).toBeGreaterThan(0);
    expect(joules).toBeLessThanOrEqual(100);
    // A process that is gone takes nothing.
    using gone = await EnergyMeter.open(2 ** 30, [stepping('cpu', 100)]);
    expect(await gone?.lap(300)).toBe(0);
  });

  it('reads ticks as Linux writes them', () => {
    expect(toOwnTicks('12 (a (b) c) S 1 1 1 0 -1 4 1 0 0 0 250 30 0 0 20 0')).toBe(280);
    expect(toBusyTicks('cpu  10 20 30 4000 500 6 7 8 0 0\ncpu0 1 1')).toBe(10 + 20 + 30 + 6 + 7 + 8);
    expect(toBusyTicks('')).toBe(0);
  });
});

/**
 * What devices say of their energy: the packages of a CPU through Linux' powercap (RAPL), NVIDIA's cards through nvidia-smi. Most machines
 * that are rented tell neither; then there is no counter, and nothing is made up here.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Joules since some moment, never falling. */
export interface EnergyCounter extends Disposable {
  readonly device: 'cpu' | 'gpu';
  read(): Promise<number>;
}

/** @param powercap  folder of the kernel's; another one in tests */
export async function openEnergyCounters(powercap = '/sys/class/powercap'): Promise<EnergyCounter[]> {
  return [...(await RaplCounter.open(powercap)), ...(await NvidiaCounter.open())];
}

interface Package {
  file: string;
  /** Microjoules after which the counter begins again. */
  range: number;
  last: number;
}

/** All packages of this machine. Their parts (cores, memory) are in them already, and a whole platform (psys) holds the packages again. */
class RaplCounter implements EnergyCounter {
  readonly device = 'cpu';
  #joules = 0;

  private constructor(private readonly packages: Package[]) {}

  static async open(powercap: string): Promise<EnergyCounter[]> {
    const zones = (await readdir(powercap).catch(() => [])).filter((name) => /^[\w-]*rapl:\d+$/.test(name));
    const found = await Promise.all(zones.map((zone) => openPackage(path.join(powercap, zone))));
    const packages = found.flatMap((one) => one ?? []);
    return packages.length > 0 ? [new RaplCounter(packages)] : [];
  }

  async read(): Promise<number> {
    for (const zone of this.packages) {
      const now = await readNumber(zone.file);
      const used = now >= zone.last ? now - zone.last : now + zone.range - zone.last;
      this.#joules += used / 1e6;
      zone.last = now;
    }
    return this.#joules;
  }

  [Symbol.dispose](): void {
    // Nothing is held open.
  }
}

/** @returns null for what is no package, or may not be read (only root may, unless told otherwise) */
async function openPackage(folder: string): Promise<Package | null> {
  try {
    const name = await readFile(path.join(folder, 'name'), 'utf8');
    if (!name.startsWith('package')) return null;
    const file = path.join(folder, 'energy_uj');
    return {
      file,
      range: await readNumber(path.join(folder, 'max_energy_range_uj')),
      last: await readNumber(file),
    };
  } catch {
    return null;
  }
}

const readNumber = async (file: string) => Number((await readFile(file, 'utf8')).trim());

const nvidiaQuery = ['--query-gpu=index,power.draw', '--format=csv,noheader,nounits', '--loop-ms=1000'];
/** How long a driver may take to say its first word. */
const firstWordMs = 10_000;

/** Power of every card once a second, added up over time. */
class NvidiaCounter implements EnergyCounter {
  readonly device = 'gpu';
  #joules = 0;
  readonly #last = new Map<string, number>();

  private constructor(private readonly child: ChildProcess) {}

  static async open(): Promise<EnergyCounter[]> {
    const child = spawn('nvidia-smi', nvidiaQuery, { stdio: ['ignore', 'pipe', 'ignore'] });
    const counter = new NvidiaCounter(child);
    const speaks = await new Promise<boolean>((resolve) => {
      child.once('error', () => resolve(false));
      child.once('exit', () => resolve(false));
      setTimeout(() => resolve(false), firstWordMs).unref();
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (counter.take(line)) resolve(true);
      });
    });
    if (speaks) return [counter];
    counter[Symbol.dispose]();
    return [];
  }

  /** @returns whether the line told a power: some cards say `[N/A]` */
  take(line: string): boolean {
    const [index = '', power = ''] = line.split(',').map((part) => part.trim());
    const watts = Number.parseFloat(power);
    if (!Number.isFinite(watts)) return false;
    const now = performance.now();
    this.#joules += (watts * (now - (this.#last.get(index) ?? now))) / 1000;
    this.#last.set(index, now);
    return true;
  }

  read(): Promise<number> {
    return Promise.resolve(this.#joules);
  }

  [Symbol.dispose](): void {
    this.child.kill();
  }
}

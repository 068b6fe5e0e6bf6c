/** The cores that this process may use: the machine's, or fewer where it is bound to some or its container has a quota. */
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** One at least. */
export function countCores(): number {
  return Math.max(1, Math.min(countPhysicalCores(), Math.floor(readQuota())));
}

/** Two threads of one core only wait for each other in matrix products. */
function countPhysicalCores(): number {
  const usable = os.availableParallelism();
  const root = '/sys/devices/system/cpu';
  try {
    const cores = readdirSync(root)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => readFileSync(`${root}/${name}/topology/core_cpus_list`, 'utf8').trim());
    return Math.min(usable, new Set(cores).size);
  } catch {
    // Elsewhere the system's own count is the best there is.
    return usable;
  }
}

/**
 * The least CPU quota of this process's control group and those around it (Linux's cgroup v2, `cpu.max`), in cores; Infinity where there is
 * none. More threads than that are all stopped together for the rest of each period.
 *
 * @param root   where the groups lie
 * @param named  the group, as `/proc/self/cgroup` names it
 */
export function readQuota(root = '/sys/fs/cgroup', named = readText('/proc/self/cgroup')): number {
  const own = /^0::\/(.*)$/m.exec(named)?.[1] ?? '';
  const parts = own.split('/').filter((part) => part !== '' && part !== '..');
  const groups = [root, ...parts.map((_, index) => path.join(root, ...parts.slice(0, index + 1)))];
  const quotas = groups.map((group) => {
    const [quota, period] = readText(path.join(group, 'cpu.max')).trim().split(' ').map(Number);
    return quota && period ? quota / period : Infinity;
  });
  return Math.min(...quotas);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

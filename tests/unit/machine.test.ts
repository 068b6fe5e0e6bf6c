import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { countCores, readQuota } from '../../common/machine/cores.js';
import { freeMemory, totalMemory } from '../../common/machine/memory.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

/** Control groups with these quotas, as Linux lays them out. */
function groups(quotas: Record<string, string>): string {
  const root = mkdtempSync(at('cgroup-'));
  for (const [group, quota] of Object.entries(quotas)) {
    mkdirSync(path.join(root, group), { recursive: true });
    writeFileSync(path.join(root, group, 'cpu.max'), `${quota}\n`);
  }
  return root;
}

describe('the cores', () => {
  it('are one at least, and no more than the process may use', () => {
    expect(countCores()).toBeGreaterThanOrEqual(1);
    expect(countCores()).toBeLessThanOrEqual(os.availableParallelism());
  });

  it('are bounded by the quota of a container, which sees its own group as the root', () => {
    expect(readQuota(groups({ '.': '150000 100000' }), '0::/\n')).toBe(1.5);
  });

  it('are bounded by the least quota of the groups around', () => {
    const root = groups({ 'system.slice': '400000 100000', 'system.slice/attune.service': 'max 100000' });
    const named = '1:name=systemd:/elsewhere\n0::/system.slice/attune.service\n';
    expect(readQuota(root, named)).toBe(4);
    expect(readQuota(groups({ 'system.slice/attune.service': '200000 100000' }), named)).toBe(2);
  });

  it('have no quota where no group says one', () => {
    expect(readQuota(at('nowhere'), '')).toBe(Infinity);
    expect(readQuota(groups({ '.': 'max 100000' }), '0::/')).toBe(Infinity);
  });
});

describe('the memory', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is the container’s where that has a limit, and the machine’s where it has none', () => {
    const limits = vi.spyOn(process, 'constrainedMemory');
    limits.mockReturnValue(1e9);
    expect(totalMemory()).toBe(1e9);
    expect(freeMemory()).toBeLessThanOrEqual(1e9);
    for (const none of [0, 2 ** 64]) {
      limits.mockReturnValue(none);
      expect(totalMemory()).toBe(os.totalmem());
    }
  });

  it('is less while somebody else uses some', () => {
    vi.spyOn(os, 'freemem').mockReturnValue(1e6);
    vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
    expect(freeMemory()).toBe(1e6);
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
    expect(freeMemory()).toBe(totalMemory());
  });
});

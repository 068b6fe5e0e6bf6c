/** The most memory that this process has held; on Linux since it was last forgotten, elsewhere since the start. */
import { readFileSync, writeFileSync } from 'node:fs';

const isLinux = process.platform === 'linux';

/** Loading a model is not training it; only Linux can tell their peaks apart. */
export function forgetPeakMemory(): void {
  if (isLinux) writeFileSync('/proc/self/clear_refs', '5');
}

export function peakMemoryMb(): number {
  const told = isLinux ? /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] : undefined;
  return told === undefined ? process.resourceUsage().maxRSS / 1024 : Number(told) / 1024;
}

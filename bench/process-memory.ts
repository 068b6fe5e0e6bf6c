import { execFileSync } from 'node:child_process';

export interface ProgramMemory {
  program: string;
  megabytes: number;
}

/** Resident memory of everything that a launcher runs, by program; Postgres's processes count what they share once each. */
export function measureMemory(launcherPid: number): ProgramMemory[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(row)?.slice(1) ?? [])
    .map(([pid, ppid, rss, command]) => ({
      pid: Number(pid),
      ppid: Number(ppid),
      rss: Number(rss),
      command: command ?? '',
    }));
  const below = (parent: number): typeof rows =>
    rows.filter(({ ppid }) => ppid === parent).flatMap((row) => [row, ...below(row.pid)]);
  const family = [...rows.filter(({ pid }) => pid === launcherPid), ...below(launcherPid)];
  const totals = new Map<string, number>();
  for (const { command, rss } of family) {
    const program = nameOf(command);
    totals.set(program, (totals.get(program) ?? 0) + rss / 1024);
  }
  return [...totals].map(([program, megabytes]) => ({ program, megabytes: Math.round(megabytes) }));
}

function nameOf(command: string): string {
  const program = /dist\/(server|worker\/\w+)\/main/.exec(command)?.[1];
  if (program) return program;
  if (command.includes('service-guard')) return 'guards';
  if (/postgres/.test(command)) return 'postgres';
  if (/redis|valkey/.test(command)) return 'redis';
  return 'launcher';
}

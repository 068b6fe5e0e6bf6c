import { writeFileSync } from 'node:fs';
import os from 'node:os';

/** The lowest weight there is. */
const niceness = 19;

/**
 * Lets the sessions of other processes go first, the chat's among them. Where Linux groups processes by session, which is the rule on
 * desktops and many servers, the niceness of a process counts within its session alone, and sessions share the processors evenly
 * (`sched(7)`, autogroups). Everything that this process starts is of its session.
 *
 * @param file  of the present session; where there is none, the niceness of each process does what it says
 */
export function giveWay(file = '/proc/self/autogroup'): void {
  try {
    writeFileSync(file, String(niceness), { flag: 'r+' });
  } catch {
    // No Linux, or no groups.
  }
}

/** Lowers a process's priority, as far as the system lets us. @param niceness  up to 19, the lowest priority */
export function makeNice(pid: number, niceness: number): void {
  try {
    os.setPriority(pid, niceness);
  } catch {
    // It is as nice already, where whoever started us is, and may not become less so; or it ended at this very moment.
  }
}

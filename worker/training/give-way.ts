import { writeFileSync } from 'node:fs';

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

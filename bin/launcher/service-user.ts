/** Postgres refuses to run as root: who runs it instead, and what that user can reach. */
import { execFileSync } from 'node:child_process';
import { statSync, type Stats } from 'node:fs';
import path from 'node:path';

export interface ServiceUser {
  uid: number;
  gid: number;
}

/**
 * The user that Postgres runs as: null for the present one; for root, the owner of an existing data folder, else `postgres`, else `nobody`.
 *
 * @param dataFolder  may not exist yet
 */
export function findServiceUser(dataFolder: string): ServiceUser | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return askForUser('postgres') ?? askForUser('nobody') ?? { uid: 65_534, gid: 65_534 };
}

/** Whether the user may pass through every folder on the way to `target` (which may not exist yet) and read what is there. */
export function canReach(user: ServiceUser, target: string): boolean {
  const stat = statSync(target, { throwIfNoEntry: false });
  const parent = path.dirname(target);
  if (stat && !hasAccess(user, stat)) return false;
  return parent === target || canReach(user, parent);
}

function hasAccess(user: ServiceUser, stat: Stats): boolean {
  const shift = stat.uid === user.uid ? 6 : stat.gid === user.gid ? 3 : 0;
  return ((stat.mode >> shift) & (stat.isDirectory() ? 0o1 : 0o4)) !== 0;
}

function askForUser(name: string): ServiceUser | null {
  const ask = (flag: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return null;
  }
}

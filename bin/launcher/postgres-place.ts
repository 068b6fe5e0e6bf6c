/**
 * Where Postgres keeps its data: in Attune's data folder, or below /var/lib/attune where its user cannot reach that.
 *
 * Chosen once and kept in `postgres.json`: a data folder that is moved, closed or opened afterwards must not find an empty database, and one
 * that is new must not find an old one.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import { createPassableFolder, makePassable } from './passable-folder.js';
import { readSecrets, type ServiceSecrets } from './service-secrets.js';
import { canReach, findServiceUser, type ServiceUser } from './service-user.js';

export interface Place {
  /** Postgres's own data folder. */
  folder: string;
  user: ServiceUser | null;
  /** True when it lies outside Attune's data folder. */
  isMoved: boolean;
  /** Moved data of data folders that were at the same path before; found at the first start alone. */
  earlier: string[];
}

/** In Attune's data folder. */
export const secretsName = 'postgres.json';
const ownName = 'postgres';
const movedRoot = '/var/lib/attune';
/** Beside moved data: the data folder that they belong to. */
const ownerName = 'data-folder';

/**
 * The place that was chosen before, else the best one.
 *
 * @param dataDir  Attune's data folder, which exists
 * @param kept     what `postgres.json` holds; null before the first start
 * @throws AppError `LAUNCHER_POSTGRES_LOST` when data that there were are gone, `LAUNCHER_SERVICE_FAILED` when they cannot be used
 */
export function findPlace(dataDir: string, kept: ServiceSecrets | null): Place {
  return kept ? findKept(dataDir, kept) : choosePlace(dataDir);
}

function findKept(dataDir: string, kept: ServiceSecrets): Place {
  const folders = kept.folder === undefined ? listFolders(dataDir) : [path.resolve(dataDir, kept.folder)];
  const found = folders.find((folder) => existsSync(folder));
  const folder = found ?? folders[0] ?? '';
  // A port is kept only once there is a cluster.
  if (!found && kept.port > 0)
    throw new AppError('LAUNCHER_POSTGRES_LOST', { dataDir, folder, file: path.join(dataDir, secretsName) });
  const place = toPlace(dataDir, folder);
  if (found) assertUsable(place, dataDir);
  return place;
}

/** Data that are there already are not taken up: their password went with the data folder that they are of, or lies where that was moved. */
function choosePlace(dataDir: string): Place {
  const [own, file] = [path.join(dataDir, ownName), path.join(dataDir, secretsName)];
  if (existsSync(file))
    throw unusable(
      `${file} cannot be read; put it back as it was, and start Attune as the user who started it first, ` +
        `or remove it to begin with an empty database`,
    );
  if (existsSync(own))
    throw unusable(
      `${file} is gone, which has the password of the database in ${own}; ` +
        `put it back, or move ${own} away to begin with an empty database`,
    );
  const earlier: string[] = [];
  let moved = movedFolder(dataDir);
  while (existsSync(moved)) {
    earlier.push(moved);
    moved = movedFolder(dataDir, earlier.length);
  }
  return toPlace(dataDir, isReachable(dataDir) ? own : moved, earlier);
}

function toPlace(dataDir: string, folder: string, earlier: string[] = []): Place {
  const isMoved = folder !== path.join(dataDir, ownName);
  return { folder, user: findServiceUser(folder), isMoved, earlier };
}

/** As it stands in `postgres.json`: what lies in the data folder may move with it. */
export function toKeptFolder({ folder, isMoved }: Place): string {
  return isMoved ? folder : ownName;
}

/** Makes the folder that the data folder is to be in; its user can reach it, also where an earlier start left it closed. */
export function makeRoom({ folder, isMoved }: Place): void {
  const around = path.dirname(folder);
  createPassableFolder(around);
  if (isMoved) for (const ours of [movedRoot, around]) makePassable(ours);
}

/** Leaves word beside moved data whose they are. */
export function markOwner({ folder, isMoved }: Place, dataDir: string): void {
  if (isMoved && readOwner(folder) !== dataDir) writeFileSync(ownerFile(folder), dataDir);
}

/** Best first. Installations from before the choice was kept have made it by this order at each start. */
function listFolders(dataDir: string): string[] {
  const [own, moved] = [path.join(dataDir, ownName), movedFolder(dataDir)];
  return isReachable(dataDir) ? [own, moved] : [moved, own];
}

/** @param earlier  data folders that have had the same path before */
function movedFolder(dataDir: string, earlier = 0): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  return path.join(movedRoot, earlier === 0 ? name : `${name}-${earlier + 1}`, ownName);
}

/** By the user who is to run Postgres. */
function isReachable(dataDir: string): boolean {
  const user = findServiceUser(path.join(dataDir, ownName));
  return !user || canReach(user, dataDir);
}

function assertUsable({ folder, user, isMoved }: Place, dataDir: string): void {
  if (user && !canReach(user, folder))
    throw unusable(
      `user ${user.uid}, who runs it, can no longer reach ${folder}; open the folders above it to them`,
    );
  const owner = isMoved ? readOwner(folder) : null;
  if (owner !== null && isOthers(folder, { owner, dataDir }))
    throw unusable(
      `the database in ${folder} belongs to ${owner}, of which ${dataDir} seems to be a copy; ` +
        `remove ${path.join(dataDir, secretsName)} to give the copy an empty one of its own`,
    );
}

/** Whether another data folder still lives on this database: two installations on one would ruin it. */
function isOthers(folder: string, { owner, dataDir }: { owner: string; dataDir: string }): boolean {
  if (readSecrets(path.join(owner, secretsName))?.folder !== folder) return false;
  // One folder may have several paths.
  const [theirs, ours] = [statSync(owner), statSync(dataDir)];
  return theirs.ino !== ours.ino || theirs.dev !== ours.dev;
}

const ownerFile = (folder: string) => path.join(path.dirname(folder), ownerName);

function readOwner(folder: string): string | null {
  const file = ownerFile(folder);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function unusable(reason: string): AppError {
  return new AppError('LAUNCHER_SERVICE_FAILED', { service: 'Postgres', reason });
}

/**
 * Attune's own Postgres: the real server, from an npm package, under the data folder.
 *
 * Survives `kill -9` of anything: it runs under a guard (service-guard.ts), and a server that outlived its guard is ended before the next
 * one starts. Leaves out the tables: migrate.ts makes those.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, DatabaseError } from 'pg';
import { AppError } from '../../common/contracts/errors.js';
import { findFreePort } from './free-port.js';
import { startGuarded, type GuardedService } from './guarded-service.js';
import { createPassableFolder } from './passable-folder.js';
import { preparePostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { clearLeftOverServer } from './postgres-leftover.js';
import { findPlace, makeRoom, markOwner, secretsName, toKeptFolder, type Place } from './postgres-place.js';
import { readSecrets, writeSecrets, type ServiceSecrets } from './service-secrets.js';

const run = promisify(execFile);
const startTimeoutMs = 60_000;

export interface PostgresOptions {
  /** Attune's data folder. */
  dataDir: string;
  /** False gives up safety against power cuts for speed: for tests. */
  isDurable?: boolean;
}

export interface RunningPostgres {
  /** Connection string of Attune's database, with its password. */
  url: string;
  pid: number;
  version: string;
  /** What a person should know about where things lie; usually empty. */
  notes: string[];
  /** Why it ended; resolves whenever it does. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts Postgres on a loopback port, making its data folder the first time.
 *
 * @throws AppError `LAUNCHER_POSTGRES_MISSING`, `LAUNCHER_POSTGRES_LOST`, `LAUNCHER_POSTGRES_VERSION`, `LAUNCHER_SERVICE_FAILED`
 */
export async function startPostgres({
  dataDir,
  isDurable = true,
}: PostgresOptions): Promise<RunningPostgres> {
  createPassableFolder(dataDir);
  const secretsFile = path.join(dataDir, secretsName);
  const kept = readSecrets(secretsFile);
  const place = findPlace(dataDir, kept);
  const binaries = preparePostgresBinaries(place.user);
  const secrets = kept ?? { password: randomBytes(24).toString('base64url'), port: 0 };

  await clearLeftOverServer(place.folder);
  if (existsSync(place.folder)) assertSameMajor(place.folder, binaries);
  else {
    // Where this first start is cut off, the next one goes on in the same place.
    writeSecrets(secretsFile, { ...secrets, folder: toKeptFolder(place) });
    await createCluster(place, binaries, secrets.password);
  }
  markOwner(place, dataDir);
  const port = await findFreePort(secrets.port);
  writeSecrets(secretsFile, { ...secrets, port, folder: toKeptFolder(place) });

  const logFile = path.join(dataDir, 'logs', 'postgres.log');
  mkdirSync(path.dirname(logFile), { recursive: true });
  const service = await launch({ place, binaries, port, logFile, isDurable });
  // It has no certificate, whatever PGSSLMODE wants of other servers.
  const url = `postgres://attune:${secrets.password}@127.0.0.1:${port}/attune?sslmode=disable`;
  await waitUntilReady(service, { ...secrets, port }, { logFile, secretsFile });
  const notes = [
    ...(place.isMoved
      ? [`Postgres keeps its data in ${place.folder}: its user cannot reach ${dataDir}.`]
      : []),
    ...place.earlier.map((folder) => `The database of an earlier ${dataDir} stays in ${folder}.`),
    ...(binaries.isCopied ? [`Postgres runs from a copy in ${binaries.directory}.`] : []),
  ];
  return {
    url,
    pid: service.pid,
    version: binaries.version,
    notes,
    exited: service.exited,
    stop: service.stop,
  };
}

function assertSameMajor(folder: string, binaries: PostgresBinaries): void {
  let found: string;
  try {
    found = readFileSync(path.join(folder, 'PG_VERSION'), 'utf8').trim();
  } catch (cause) {
    const owner = statSync(folder).uid;
    const reason = `${folder} belongs to user ${owner}; start Attune as the user who started it first, or with another ATTUNE_DATA_DIR`;
    throw new AppError('LAUNCHER_SERVICE_FAILED', { service: 'Postgres', reason }, cause);
  }
  const major = binaries.version.split('.')[0] ?? '';
  if (found !== major) throw new AppError('LAUNCHER_POSTGRES_VERSION', { folder, found, version: major });
}

/** In a folder beside the final one, which is renamed at the end: a cluster is complete or absent. */
async function createCluster(place: Place, binaries: PostgresBinaries, password: string): Promise<void> {
  const { folder, user } = place;
  const unfinished = `${folder}.unfinished`;
  const passwordFile = `${folder}.password`;
  makeRoom(place);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) for (const entry of [unfinished, passwordFile]) chownSync(entry, user.uid, user.gid);
  try {
    await run(
      path.join(binaries.directory, 'bin', 'initdb'),
      [
        ...['-D', unfinished, '--username=attune', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
        // The server's own locale gives the same order on every system.
        ...[
          '--encoding=UTF8',
          '--locale=C',
          '--locale-provider=builtin',
          '--builtin-locale=C.UTF-8',
          '--no-instructions',
        ],
      ],
      { cwd: binaries.directory, ...(user && { uid: user.uid, gid: user.gid }) },
    );
  } catch (cause) {
    throw serviceFailed(`initdb failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(unfinished, folder);
}

interface LaunchOptions {
  place: Place;
  binaries: PostgresBinaries;
  port: number;
  logFile: string;
  isDurable: boolean;
}

async function launch({ place, binaries, port, logFile, isDurable }: LaunchOptions): Promise<GuardedService> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // Socket folders differ between systems and have length limits; loopback TCP serves everyone.
    unix_socket_directories: '',
    max_connections: '100',
    log_timezone: 'UTC',
    ...(!isDurable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  try {
    return await startGuarded({
      file: path.join(binaries.directory, 'bin', 'postgres'),
      args: [
        '-D',
        place.folder,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      cwd: place.folder,
      user: place.user,
      logFile,
      // Fast shutdown (clients are cut off), then immediate (recovers at the next start).
      stopSignals: ['SIGINT', 'SIGQUIT'],
    });
  } catch (cause) {
    throw serviceFailed(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Resolves once Attune's database takes connections; makes it the first time. */
async function waitUntilReady(
  service: GuardedService,
  secrets: ServiceSecrets,
  { logFile, secretsFile }: { logFile: string; secretsFile: string },
): Promise<void> {
  let ended: string | undefined;
  void service.exited.then((reason) => (ended = reason));
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const fault = await tryCreateDatabase(secrets);
    if (!fault) return;
    if (ended !== undefined) throw serviceFailed(`it ended (${ended}); see ${logFile}`, fault);
    const isLate = Date.now() > deadline;
    if (isLate || isWrongPassword(fault)) {
      await service.stop();
      const reason = isLate
        ? `it takes no connections after ${startTimeoutMs / 1000} s; see ${logFile}`
        : `it does not take the password of ${secretsFile}; put that file back as it was`;
      throw serviceFailed(reason, fault);
    }
    await delay(30);
  }
}

async function tryCreateDatabase({ password, port }: ServiceSecrets): Promise<unknown> {
  const address = { host: '127.0.0.1', port, ssl: false };
  const client = new Client({ ...address, user: 'attune', password, database: 'postgres' });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query(`SELECT 1 FROM pg_database WHERE datname = 'attune'`);
    if (!rowCount) await client.query('CREATE DATABASE attune');
    return null;
  } catch (fault) {
    return fault;
  } finally {
    await client.end().catch(() => {});
  }
}

const isWrongPassword = (fault: unknown) => fault instanceof DatabaseError && fault.code === '28P01';

function serviceFailed(reason: string, cause: unknown): AppError {
  return new AppError('LAUNCHER_SERVICE_FAILED', { service: 'Postgres', reason }, cause);
}

/**
 * Attune's own Redis: the first of Valkey, Redis (6.2 or newer) on the PATH, and js-redis-server in a child process.
 *
 * Redis may be lost at any moment (Postgres is the truth), so one in memory is enough to run with; a real one is faster and remembers.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { AppError } from '../../common/contracts/errors.js';
import { findFreePort } from './free-port.js';
import { startGuarded, type GuardedService, type ServiceCommand } from './guarded-service.js';
import { builtProgram } from './paths.js';
import { endProcess, findProcess } from './processes.js';
import { readSecrets, writeSecrets, type ServiceSecrets } from './service-secrets.js';

const run = promisify(execFile);
const startTimeoutMs = 20_000;

export type RedisKind = 'valkey' | 'redis' | 'embedded';

export interface RedisOptions {
  /** Attune's data folder. */
  dataDir: string;
  /** Takes the one in JavaScript even where a real one is installed. */
  isEmbeddedOnly?: boolean;
  /** False keeps nothing on disk: for tests. */
  isDurable?: boolean;
}

export interface RunningRedis {
  /** With its password. */
  url: string;
  kind: RedisKind;
  /** As it would say it: `Redis 7.0.15`. */
  title: string;
  pid: number;
  exited: Promise<string>;
  stop(): Promise<void>;
}

interface Installed {
  kind: 'valkey' | 'redis';
  file: string;
  version: string;
}

/** @throws AppError `LAUNCHER_SERVICE_FAILED` */
export async function startRedis({
  dataDir,
  isEmbeddedOnly = false,
  isDurable = true,
}: RedisOptions): Promise<RunningRedis> {
  const folder = path.join(dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(dataDir, 'logs'), { recursive: true });
  const installed = isEmbeddedOnly ? null : await findInstalledRedis();

  const secretsFile = path.join(dataDir, 'redis.json');
  const known = readSecrets(secretsFile);
  if (known) await endLeftOver(folder, known.port);
  const secrets = {
    password: known?.password ?? randomBytes(24).toString('base64url'),
    port: await findFreePort(known?.port),
  };
  writeSecrets(secretsFile, secrets);

  const logFile = path.join(dataDir, 'logs', 'redis.log');
  const command = installed
    ? realServer(installed, folder, secrets, isDurable)
    : embeddedServer(folder, secrets);
  const service = await startGuarded({
    ...command,
    cwd: folder,
    user: null,
    logFile,
    stopSignals: ['SIGTERM'],
  }).catch((cause: unknown) => {
    throw serviceFailed(cause instanceof Error ? cause.message : String(cause), cause);
  });
  const url = `redis://:${secrets.password}@127.0.0.1:${secrets.port}`;
  await waitUntilReady(url, service, logFile);
  return { url, ...titleOf(installed), pid: service.pid, exited: service.exited, stop: service.stop };
}

/** Valkey or Redis on the PATH that is new enough for BullMQ; null when there is none. */
export async function findInstalledRedis(): Promise<Installed | null> {
  for (const kind of ['valkey', 'redis'] as const) {
    const file = `${kind}-server`;
    const version = await run(file, ['--version']).then(
      ({ stdout }) => /v=(\d+\.\d+\.\d+)/.exec(stdout)?.[1],
      () => undefined,
    );
    if (!version) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > 6 || (major === 6 && minor >= 2)) return { kind, file, version };
  }
  return null;
}

type Command = Pick<ServiceCommand, 'file' | 'args' | 'input'>;

function realServer(
  { file }: Installed,
  folder: string,
  secrets: ServiceSecrets,
  isDurable: boolean,
): Command {
  const settings = [
    'bind 127.0.0.1',
    `port ${secrets.port}`,
    `requirepass ${secrets.password}`,
    `dir ${JSON.stringify(folder)}`,
    `pidfile ${JSON.stringify(path.join(folder, 'redis.pid'))}`,
    `appendonly ${isDurable ? 'yes' : 'no'}`,
    'save ""',
    // BullMQ keeps state that must not be dropped behind its back.
    'maxmemory-policy noeviction',
  ];
  return { file, args: ['-'], input: settings.join('\n') + '\n' };
}

function embeddedServer(folder: string, secrets: ServiceSecrets): Command {
  return {
    file: process.execPath,
    args: [builtProgram('bin/launcher/redis-embedded'), folder],
    input: JSON.stringify(secrets),
  };
}

function titleOf(installed: Installed | null): { kind: RedisKind; title: string } {
  if (!installed) return { kind: 'embedded', title: 'js-redis-server (in memory)' };
  return {
    kind: installed.kind,
    title: `${installed.kind === 'valkey' ? 'Valkey' : 'Redis'} ${installed.version}`,
  };
}

/** A server that outlived its guard still holds the port and the append-only file. */
async function endLeftOver(folder: string, port: number): Promise<void> {
  const pid = Number(await readFile(path.join(folder, 'redis.pid'), 'utf8').catch(() => 0));
  const command = findProcess(pid)?.command ?? '';
  // A real server shows its address in its title, the one in JavaScript its folder.
  if (command.includes(`127.0.0.1:${port}`) || command.includes(folder))
    await endProcess(pid, ['SIGTERM', 'SIGKILL']);
}

async function waitUntilReady(url: string, service: GuardedService, logFile: string): Promise<void> {
  let ended: string | undefined;
  void service.exited.then((reason) => (ended = reason));
  const deadline = Date.now() + startTimeoutMs;
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, enableReadyCheck: true });
  client.on('error', () => {});
  try {
    for (;;) {
      const fault = await client.connect().then(
        () => null,
        (error: unknown) => error,
      );
      if (!fault) return;
      if (ended !== undefined) throw serviceFailed(`it ended (${ended}); see ${logFile}`, fault);
      if (Date.now() > deadline) {
        await service.stop();
        throw serviceFailed(
          `it takes no connections after ${startTimeoutMs / 1000} s; see ${logFile}`,
          fault,
        );
      }
      await delay(30);
    }
  } finally {
    client.disconnect();
  }
}

function serviceFailed(reason: string, cause: unknown): AppError {
  return new AppError('LAUNCHER_SERVICE_FAILED', { service: 'Redis', reason }, cause);
}

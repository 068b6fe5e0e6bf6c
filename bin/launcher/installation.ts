/**
 * Everything that runs for one data folder: Redis and Postgres where they are our own, then the programs. Started in that order, stopped in
 * the reverse one, and kept running in between.
 */
import { existsSync } from 'node:fs';
import type { Config } from '../../common/config/config.js';
import { migrate } from '../../common/database/migrate.js';
import { listPendingMigrations } from '../../common/database/pending-migrations.js';
import { addressOf, waitUntilOk } from './address.js';
import type { DataFolderClaim } from './data-folder-claim.js';
import { builtProgram } from './paths.js';
import { startPostgres } from './postgres.js';
import { logFileOf, startProgramProcess, type ProgramProcess } from './program-process.js';
import { programKinds, type ProgramKind } from './programs.js';
import { startRedis, type RunningRedis } from './redis.js';
import { Supervised, type Supervisable } from './supervised.js';
import type { Terminal } from './terminal.js';

export interface InstallationOptions {
  config: Config;
  claim: DataFolderClaim;
  terminal: Terminal;
}

type Service = Supervisable & { url: string };

export class Installation {
  readonly #services: Supervised<Service>[] = [];
  readonly #programs: Supervised<ProgramProcess>[] = [];
  #databaseUrl = '';
  #redisUrl = '';

  constructor(private readonly options: InstallationOptions) {}

  get databaseUrl(): string {
    return this.#databaseUrl;
  }

  /**
   * Returns once the server answers and everything else was started, or soon after an abort.
   *
   * @throws AppError when a service does not start, or the tables cannot be made
   */
  async start(signal: AbortSignal): Promise<void> {
    const { config } = this.options;
    // Independent of each other: whichever fails, the other is stopped with the rest.
    const started = await Promise.allSettled([this.#startPostgres(config), this.#startRedis(config)]);
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    await this.#migrate();
    await this.#startPrograms(({ answers }) => answers);
    if (await waitUntilOk(`${addressOf(config)}/health`, signal))
      await this.#startPrograms(({ answers }) => !answers);
  }

  /** Programs first, the last started first; then the services they use. */
  async stop(): Promise<void> {
    for (const program of this.#programs.reverse()) await program.stop();
    await Promise.all(this.#services.map((service) => service.stop()));
  }

  /** For the second Ctrl-C: programs end at once, services end themselves when this process is gone. */
  kill(): void {
    for (const program of this.#programs) program.running?.kill();
  }

  async #startPostgres({ databaseUrl, dataDir }: Config): Promise<void> {
    const { terminal } = this.options;
    this.#databaseUrl = databaseUrl ?? '';
    if (databaseUrl) return;
    await this.#keepService('Postgres', {
      start: async () => {
        const postgres = await startPostgres({ dataDir });
        for (const note of postgres.notes) terminal.say(note);
        return postgres;
      },
      onStart: ({ url }) => (this.#databaseUrl = url),
    });
  }

  async #startRedis({ redisUrl, dataDir }: Config): Promise<void> {
    const { terminal } = this.options;
    this.#redisUrl = redisUrl ?? '';
    if (redisUrl) return;
    let announced = false;
    await this.#keepService<RunningRedis>('Redis', {
      start: () => startRedis({ dataDir }),
      onStart: (redis) => {
        this.#redisUrl = redis.url;
        if (!announced) terminal.say(describeRedis(redis));
        announced = true;
      },
    });
  }

  async #keepService<T extends Service>(
    name: string,
    { start, onStart }: { start: () => Promise<T>; onStart: (service: T) => void },
  ): Promise<void> {
    const { terminal } = this.options;
    let url: string | undefined;
    const service = await Supervised.start<Service>({
      start,
      onStart: (running) => {
        onStart(running as T);
        // Its port was taken by someone else in between: the programs have to learn of the new one.
        if (url !== undefined && url !== running.url) void this.#restartPrograms();
        url = running.url;
      },
      onEnd: (reason, delayMs) => terminal.warn(`${name} ended (${reason}); ${inSeconds(delayMs)}.`),
    });
    this.#services.push(service);
  }

  async #migrate(): Promise<void> {
    if ((await listPendingMigrations(this.#databaseUrl)).length === 0) return;
    const { createDataSource } = await import('../../common/database/data-source.js');
    const dataSource = await createDataSource(this.#databaseUrl, { poolSize: 2 }).initialize();
    try {
      await migrate(dataSource);
    } finally {
      await dataSource.destroy();
    }
  }

  async #startPrograms(isMeant: (kind: ProgramKind) => boolean): Promise<void> {
    const built = programKinds.filter(({ source }) => existsSync(builtProgram(source)));
    for (const kind of built.filter(isMeant)) this.#programs.push(await this.#startProgram(kind));
  }

  async #startProgram(kind: ProgramKind): Promise<Supervised<ProgramProcess>> {
    const { config, claim, terminal } = this.options;
    return Supervised.start<ProgramProcess>({
      start: () =>
        startProgramProcess(kind, {
          dataDir: config.dataDir,
          environment: {
            ...process.env,
            DATABASE_URL: this.#databaseUrl,
            REDIS_URL: this.#redisUrl,
            ATTUNE_DATA_DIR: config.dataDir,
            ATTUNE_PORT: String(config.port),
          },
          onLine: (line) => terminal.programLine(kind.name, line),
        }),
      onStart: (running) => {
        claim.add(running.pid);
        void running.exited.then(() => claim.remove(running.pid));
      },
      onEnd: (reason, delayMs) =>
        terminal.warn(
          `${kind.title} ended (${reason}); ${inSeconds(delayMs)}. See ${logFileOf(kind, config.dataDir)}`,
        ),
    });
  }

  async #restartPrograms(): Promise<void> {
    // Ending is enough: their supervisors start them again, with the new addresses.
    await Promise.all(this.#programs.map(async (program) => program.running?.stop()));
  }
}

function describeRedis({ kind, title }: RunningRedis): string {
  const advice =
    kind === 'embedded' ? '; for speed, install valkey-server or redis-server 6.2+, or set REDIS_URL' : '';
  return `Queue: ${title}${advice}`;
}

const inSeconds = (delayMs: number): string => `starting it again in ${delayMs / 1000} s`;

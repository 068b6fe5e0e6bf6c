/** `npm start` as people meet it: begun, stopped, killed, begun again. Real processes throughout. */
import { chownSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { findProcess } from '../../bin/launcher/processes.js';
import { canReach } from '../../bin/launcher/service-user.js';
import { repositoryRoot } from '../../common/config/repository.js';
import {
  createDataFolder,
  launchAttune,
  listDescendants,
  timeOfEnds,
  type Launched,
  type LaunchOptions,
} from '../support/launched.js';

const isRoot = process.getuid?.() === 0;
/** `nobody`: on every system, and nobody's data are at stake. */
const ordinaryUser = { uid: 65_534, gid: 65_534 };
const announced = /Attune runs at/;

let folder: ReturnType<typeof createDataFolder>;
beforeEach(() => (folder = createDataFolder()));
afterEach(() => folder[Symbol.dispose]());

async function launch(options: Partial<LaunchOptions> = {}): Promise<Launched> {
  const launched = await launchAttune({
    dataDir: path.join(folder.path, 'data'),
    ...options,
    // A source that is not there: these tests are about processes, and need neither a network nor a model.
    environment: { ATTUNE_MODEL: 'file:/nowhere/model.gguf', ...options.environment },
  });
  onTestFailed(() => console.error(launched.output()));
  return launched;
}
const getStatus = async (url: string) => (await fetch(`${url}/health`)).status;
const pidOf = (launcher: number, pattern: RegExp) =>
  listDescendants(launcher).find(({ command }) => pattern.test(command))?.pid ?? 0;
const server = /dist\/server\/main/;
const postgres = /\/postgres -D/;

describe('npm start', () => {
  it('answers, keeps its data over a stop, and gives the same code until it was used', async () => {
    await using first = await launch();
    await first.untilSaid(announced);
    const [, code] = await first.untilSaid(/code (\S+)/);
    expect(await getStatus(first.url)).toBe(200);
    expect(await first.stop()).toBe(0);

    await using second = await launch({ port: Number(new URL(first.url).port) });
    expect((await second.untilSaid(/code (\S+)/))[1]).toBe(code);
    expect(await getStatus(second.url)).toBe(200);
  });

  it('stops programs before the services that they use, and leaves nothing running', async () => {
    await using attune = await launch();
    await attune.untilSaid(announced);
    const family = listDescendants(attune.pid);
    const services = family.filter(({ command }) => /postgres -D|redis/.test(command));
    const programs = family.filter(({ command }) => /dist\/(server|worker)/.test(command));
    expect(services.length).toBeGreaterThanOrEqual(2);
    expect(programs.length).toBeGreaterThanOrEqual(2);

    attune.signal('SIGTERM');
    const ends = await timeOfEnds(family.map(({ pid }) => pid));
    expect(await attune.exited).toBe(0);
    expect(ends.size).toBe(family.length);
    const lastProgram = Math.max(...programs.map(({ pid }) => ends.get(pid) ?? Infinity));
    const firstService = Math.min(...services.map(({ pid }) => ends.get(pid) ?? 0));
    expect(lastProgram).toBeLessThan(firstService);
  });

  it('stops in order when Ctrl-C reaches it twice, from the terminal and from npm', async () => {
    await using attune = await launch();
    await attune.untilSaid(announced);
    attune.signal('SIGINT');
    await delay(5);
    attune.signal('SIGINT');
    expect(await attune.exited).toBe(0);
  });

  it('stops in order when nobody reads its output any more', async () => {
    await using attune = await launch();
    await attune.untilSaid(announced);
    const family = listDescendants(attune.pid).map(({ pid }) => pid);
    attune.closeOutput();
    attune.signal('SIGINT');
    expect(await attune.exited).toBe(0);
    expect(family.filter((pid) => findProcess(pid))).toEqual([]);
  });

  it('starts again after everything was killed', async () => {
    await using first = await launch();
    await first.untilSaid(announced);
    for (const { pid } of [{ pid: first.pid }, ...listDescendants(first.pid)]) process.kill(pid, 'SIGKILL');
    await first.exited;

    await using second = await launch({ port: Number(new URL(first.url).port) });
    await second.untilSaid(announced);
    expect(await getStatus(second.url)).toBe(200);
  });

  it('leaves nothing behind, and starts again, when only the launcher was killed', async () => {
    await using first = await launch();
    await first.untilSaid(announced);
    const family = listDescendants(first.pid);
    first.signal('SIGKILL');

    await using second = await launch({ port: Number(new URL(first.url).port) });
    await second.untilSaid(announced);
    expect(await getStatus(second.url)).toBe(200);
    expect(family.filter(({ pid }) => findProcess(pid))).toEqual([]);
  });

  it('brings back a server and a database that were killed', async () => {
    await using attune = await launch();
    await attune.untilSaid(announced);
    const old = [pidOf(attune.pid, server), pidOf(attune.pid, postgres)];
    for (const pid of old) process.kill(pid, 'SIGKILL');
    await attune.untilSaid(/The server ended/);
    await attune.untilSaid(/Postgres ended/);
    await expect.poll(() => getStatus(attune.url).catch(() => 0), { timeout: 30_000 }).toBe(200);
    await expect.poll(() => pidOf(attune.pid, postgres), { timeout: 30_000 }).toBeGreaterThan(0);
    expect(old).not.toContain(pidOf(attune.pid, postgres));
  });

  it('says that it runs already, and leaves the running one alone', async () => {
    await using first = await launch();
    await first.untilSaid(announced);
    await using second = await launch();
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('LAUNCHER_ALREADY_RUNNING');
    expect(second.output()).toContain(first.url);
    expect(await getStatus(first.url)).toBe(200);
  });

  it('says that its port is taken before it starts anything', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    await using attune = await launch({ port });
    expect(await attune.exited).toBe(1);
    expect(attune.output()).toContain('LAUNCHER_PORT_TAKEN');
    expect(existsSync(path.join(folder.path, 'data', 'postgres'))).toBe(false);
    await new Promise((resolve) => other.close(resolve));
  });

  it('says that its address is not of this machine', async () => {
    await using elsewhere = await launch({ environment: { ATTUNE_HOST: '192.0.2.1' } });
    expect(await elsewhere.exited).toBe(1);
    expect(elsewhere.output()).toContain('LAUNCHER_HOST_UNUSABLE');
  });

  it('names every setting that is wrong', async () => {
    await using attune = await launch({ environment: { ATTUNE_GPU: 'abacus', DATABASE_URL: 'mysql://x' } });
    expect(await attune.exited).toBe(1);
    expect(attune.output()).toMatch(/ATTUNE_GPU.*DATABASE_URL/s);
  });

  it('runs without an installed Redis, and says how to get one', async () => {
    const bin = path.join(folder.path, 'bin');
    mkdirSync(bin);
    for (const tool of ['id', 'ps', 'sh']) {
      const file = ['/usr/bin', '/bin']
        .map((place) => path.join(place, tool))
        .find((place) => existsSync(place));
      if (file) symlinkSync(file, path.join(bin, tool));
    }
    await using attune = await launch({ environment: { PATH: bin } });
    await attune.untilSaid(/js-redis-server.*install valkey-server or redis-server/);
    await attune.untilSaid(announced);
    expect(await getStatus(attune.url)).toBe(200);
  });

  it.skipIf(!isRoot || !canReach(ordinaryUser, path.join(repositoryRoot, 'bin/start.js')))(
    'runs as an ordinary user',
    async () => {
      const dataDir = path.join(folder.path, 'data');
      mkdirSync(dataDir);
      chownSync(dataDir, ordinaryUser.uid, ordinaryUser.gid);
      await using attune = await launch({ user: ordinaryUser, environment: { HOME: folder.path } });
      await attune.untilSaid(announced);
      expect(await getStatus(attune.url)).toBe(200);
    },
  );

  it.skipIf(!isRoot)(
    'keeps the database where its user can reach it when the data folder is closed',
    async () => {
      const closed = path.join(folder.path, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      await using attune = await launch({ dataDir: path.join(closed, 'data') });
      const [, moved] = await attune.untilSaid(/Postgres keeps its data in (\S+):/);
      await attune.untilSaid(announced);
      expect(existsSync(path.join(moved ?? '', 'PG_VERSION'))).toBe(true);
      await attune.stop();
      rmSync(path.dirname(moved ?? '/nowhere/at/all'), { recursive: true });
    },
  );
});

/** The containers' file against what exists: programs, settings, and each other. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { programKinds } from '../../bin/launcher/programs.js';
import { readConfig, settingNames } from '../../common/config/config.js';
import { repositoryRoot } from '../../common/config/repository.js';

const serviceSchema = z.object({
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  deploy: z.unknown().optional(),
  /** Docker's own default is 1024. */
  cpu_shares: z.number().default(1024),
});
const fileSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()).optional(),
});
const read = (name: string) =>
  fileSchema.parse(parse(readFileSync(path.join(repositoryRoot, name), 'utf8'), { merge: true }));

const { services, volumes } = read('docker-compose.yml');
const own = Object.entries(services).filter(([, { image }]) => image === 'attune');

describe('docker-compose.yml', () => {
  it('runs every program that the launcher runs', () => {
    const commands = own.map(([, { command }]) => command?.at(-1));
    const sources = programKinds
      .map(({ source }) => source)
      .filter((source) => existsSync(path.join(repositoryRoot, `${source}.ts`)));
    expect(commands).toEqual(expect.arrayContaining(sources.map((source) => `dist/${source}.js`)));
  });

  it.each(own)('gives %s a program that exists', (_name, { command }) => {
    const source =
      command
        ?.at(-1)
        ?.replace(/^dist\//, '')
        .replace(/\.js$/, '.ts') ?? '';
    expect(existsSync(path.join(repositoryRoot, source)), source).toBe(true);
  });

  it.each(own)('gives %s settings that Attune reads', (_name, { environment = {} }) => {
    const set = Object.fromEntries(
      // As compose does when the variable is not set outside.
      Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{\w+:-([^}]*)\}/, '$1')]),
    );
    expect(readConfig(set)).toMatchObject({ databaseUrl: set.DATABASE_URL, redisUrl: set.REDIS_URL });
  });

  it('passes on every setting that is not the image’s own', () => {
    const own = ['ATTUNE_HOST', 'ATTUNE_PORT', 'ATTUNE_DATA_DIR', 'ATTUNE_LLAMA_DIR'];
    const passed = Object.keys(services.server?.environment ?? {});
    expect(settingNames.filter((name) => !own.includes(name) && !passed.includes(name))).toEqual([]);
  });

  it('lets the chat have the processors before training', () => {
    const { training, ...others } = services;
    for (const [name, { cpu_shares }] of Object.entries(others))
      expect(training?.cpu_shares, name).toBeLessThan(cpu_shares / 10);
  });

  it('waits only for services that there are and that can be waited for', () => {
    for (const [name, { depends_on }] of Object.entries(services))
      for (const [target, { condition }] of Object.entries(depends_on ?? {})) {
        expect(services, `${name} waits for ${target}`).toHaveProperty(target);
        if (condition === 'service_healthy') expect(services[target]?.healthcheck, target).toBeDefined();
      }
  });

  it('keeps what must last in volumes that it declares', () => {
    const used = Object.values(services).flatMap((service) => service.volumes ?? []);
    expect(new Set(used.map((volume) => volume.split(':')[0]))).toEqual(new Set(Object.keys(volumes ?? {})));
  });

  it('checks the health of the database, the queue and the server', () => {
    for (const name of ['postgres', 'valkey', 'server'])
      expect(services[name]?.healthcheck?.test[0], name).toBe('CMD');
  });

  it('adds a GPU to programs that there are', () => {
    const gpu = read('docker-compose.gpu.yml').services;
    expect(Object.keys(gpu).sort()).toEqual(['inference', 'training']);
    for (const [name, service] of Object.entries(gpu)) {
      expect(services).toHaveProperty(name);
      expect(service.deploy).toHaveProperty('resources.reservations.devices.0.capabilities', ['gpu']);
    }
  });
});

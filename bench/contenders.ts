/** Opens what is measured: the two without a stack in child processes, the stack as `npm start` runs it. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, chmod, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { findFreePort } from '../bin/launcher/free-port.js';
import { builtProgram } from '../bin/launcher/paths.js';
import type { Contender } from './chat-load.js';
import { ChatPeople } from './chat-people.js';

const resultsSchema = z.array(
  z.object({ firstTokenMs: z.number().nullable(), endMs: z.number(), tokens: z.number() }),
);

/** @param kind  `bare-loop` or `evaluator` */
export async function openContender(kind: 'bare-loop' | 'evaluator', modelPath: string): Promise<Contender> {
  const child = fork(builtProgram('bench/contender-process'), [kind, path.resolve(modelPath)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await nextMessage(child);
  return {
    name: kind === 'bare-loop' ? 'batch loop, called directly' : "node-llama-cpp's evaluator",
    run: async (load) => {
      child.send(load);
      const results = resultsSchema.parse(await nextMessage(child));
      return results.map((result) => ({ ...result, firstTokenMs: result.firstTokenMs ?? NaN }));
    },
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

export interface Stack extends Contender {
  /** Of the launcher; everything else is below it. */
  pid: number;
  /** From the command to the first /ready, ms: with an empty data folder, and with a used one. */
  startMs: { first: number; second: number };
  /** Of whoever set it up, signed in. */
  people: ChatPeople;
}

const admin = { email: 'bench@example.org', password: 'a password for the bench' };

/** The whole of Attune with a data folder of its own. */
export async function openStack(modelPath: string, options: { isEmbeddedOnly: boolean }): Promise<Stack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  await chmod(folder, 0o755);
  const environment = await stackEnvironment(folder, path.resolve(modelPath), options);
  const first = await launch(environment);
  await stop(first.child);
  const second = await launch(environment);
  const people = await ChatPeople.signIn(second.url, admin);
  return {
    name: `whole stack, ${options.isEmbeddedOnly ? 'js-redis-server' : 'Redis or Valkey'}`,
    pid: second.child.pid ?? 0,
    startMs: { first: first.readyMs, second: second.readyMs },
    people,
    run: (load) => people.run(load),
    [Symbol.asyncDispose]: async () => {
      people.leave();
      await stop(second.child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function stackEnvironment(
  folder: string,
  modelPath: string,
  { isEmbeddedOnly }: { isEmbeddedOnly: boolean },
): Promise<NodeJS.ProcessEnv> {
  const { DATABASE_URL: _, REDIS_URL: __, ...inherited } = process.env;
  if (isEmbeddedOnly) {
    // A PATH without any Redis on it.
    await symlink('/usr/bin/id', path.join(folder, 'id'));
    inherited.PATH = folder;
  }
  return {
    ...inherited,
    ATTUNE_DATA_DIR: path.join(folder, 'data'),
    ATTUNE_PORT: String(await findFreePort()),
    ATTUNE_MODEL: `file:${modelPath}`,
    ATTUNE_ADMIN_EMAIL: admin.email,
    ATTUNE_ADMIN_PASSWORD: admin.password,
  };
}

async function launch(
  env: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; url: string; readyMs: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['bin/start.js'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${env.ATTUNE_PORT}`;
  while (
    !(await fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`Attune did not start: status ${child.exitCode}`);
    await delay(20);
  }
  return { child, url, readyMs: performance.now() - startedAt };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const ended = async () => {
    const [code] = await once(child, 'exit', { signal });
    throw new Error(`The contender ended with ${code}`);
  };
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended()])) as unknown[];
    return message;
  } finally {
    over.abort();
  }
}

/** The launcher's side of service-guard.ts: a service that lives exactly as long as this process wants it to. */
import { fork } from 'node:child_process';
import { builtProgram } from './paths.js';
import type { ServiceUser } from './service-user.js';

export interface ServiceCommand {
  file: string;
  args: string[];
  cwd: string;
  env?: Record<string, string>;
  /** Null keeps the launcher's own user. */
  user: ServiceUser | null;
  /** What the service reads on its standard input: settings that must not show in a process list. */
  input?: string;
  /** Both output streams are appended here. */
  logFile: string;
  /** Sent in turn, `patienceMs` apart; SIGKILL comes last. */
  stopSignals: NodeJS.Signals[];
  patienceMs?: number;
}

export type GuardMessage = { type: 'started'; pid: number } | { type: 'exited'; reason: string };

export interface GuardedService {
  /** Of the service itself, not of its guard. */
  pid: number;
  /** Why it ended; resolves whenever it does, wanted or not. */
  exited: Promise<string>;
  /** Ends the service in good order; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a service under a guard of its own.
 *
 * @returns as soon as the program runs, which is before it takes connections
 * @throws Error when the program cannot be started at all
 */
export async function startGuarded(command: ServiceCommand): Promise<GuardedService> {
  const guard = fork(builtProgram('bin/launcher/service-guard'), [], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const exited = new Promise<string>((resolve) => {
    guard.on('message', (message: GuardMessage) => message.type === 'exited' && resolve(message.reason));
    guard.once('exit', (code, signal) => resolve(`its guard ended (${signal ?? code})`));
    guard.once('error', (error) => resolve(error.message));
  });
  const started = new Promise<number>((resolve) => {
    guard.on('message', (message: GuardMessage) => message.type === 'started' && resolve(message.pid));
  });
  const gone = new Promise<void>((resolve) => guard.once('exit', () => resolve()));

  guard.send(command);
  const pid = await Promise.race([started, exited]);
  if (typeof pid === 'string') throw new Error(`${command.file}: ${pid}`);
  return {
    pid,
    exited,
    stop: async () => {
      if (guard.connected) guard.send('stop');
      await gone;
    },
  };
}

/**
 * Program: runs one service (Postgres, Redis) and ends it in good order when told to, or when the launcher is no more.
 *
 * The launcher may die by `kill -9`; the closing of the IPC channel is what this process still notices then. It runs in a session of its
 * own, so that Ctrl-C in the terminal reaches the launcher alone and services stop last.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { GuardMessage, ServiceCommand } from './guarded-service.js';

let service: ChildProcess | undefined;
let isStopping = false;

process.on('message', (message: ServiceCommand | 'stop') => {
  if (message === 'stop') stop();
  else run(message);
});
process.on('disconnect', stop);
process.on('SIGTERM', stop);
process.on('SIGINT', () => {});

let stopSignals: NodeJS.Signals[] = ['SIGTERM'];
let patienceMs = 10_000;

function run(command: ServiceCommand): void {
  stopSignals = command.stopSignals;
  patienceMs = command.patienceMs ?? patienceMs;
  const log = openSync(command.logFile, 'a', 0o600);
  service = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    stdio: ['pipe', log, log],
    ...(command.user && { uid: command.user.uid, gid: command.user.gid }),
  });
  closeSync(log);
  service.once('spawn', () => tell({ type: 'started', pid: service?.pid ?? 0 }));
  service.once('error', (error) => leave({ type: 'exited', reason: error.message }));
  service.once('exit', (code, signal) => leave({ type: 'exited', reason: signal ?? `status ${code}` }));
  service.stdin?.on('error', () => {});
  service.stdin?.end(command.input ?? '');
}

function stop(): void {
  if (isStopping) return;
  isStopping = true;
  if (!service) process.exit(0);
  const sendNext = () => {
    const signal = stopSignals.shift() ?? 'SIGKILL';
    service?.kill(signal);
    setTimeout(sendNext, patienceMs);
  };
  sendNext();
}

function tell(message: GuardMessage): void {
  if (process.connected) process.send?.(message);
}

function leave(message: GuardMessage): void {
  if (!process.connected || !process.send) process.exit(0);
  process.send(message, () => process.exit(0));
}

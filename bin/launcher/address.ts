/** Where an installation answers, and whether it does. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../common/config/config.js';

/** Where a person on this machine finds it; the addresses that stand for all of them are no place to go to. */
export function addressOf({ host, port }: Pick<Config, 'host' | 'port'>): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Asks until the answer is a good one. @returns false after an abort */
export async function waitUntilOk(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const isOk = await fetch(url, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    if (isOk) return true;
    await delay(50, undefined, { signal }).catch(() => {});
  }
  return false;
}

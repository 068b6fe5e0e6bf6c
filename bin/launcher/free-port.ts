import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what systems give to outgoing connections (Linux from 32768, macOS and Windows from 49152): one of those could hold the port of a
 * server that is being started again.
 */
const [firstPort, endPort] = [20_000, 32_768];
const tries = 100;

/** A loopback port that nothing listens on: `wanted` when it is free, else another one. */
export async function findFreePort(wanted = 0): Promise<number> {
  if (wanted > 0 && (await isFree(wanted))) return wanted;
  for (let index = 0; index < tries; index++) {
    const port = randomInt(firstPort, endPort);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${firstPort} to ${endPort - 1} seems to be free.`);
}

const isFree = async (port: number) => (await findListenFault(port)) === null;

/**
 * Tries to listen, and lets go again.
 *
 * @param host  address that the port is wanted on
 * @returns null when it can be had; else the system's code of what is in the way, such as `EADDRINUSE`
 */
export function findListenFault(port: number, host = '127.0.0.1'): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

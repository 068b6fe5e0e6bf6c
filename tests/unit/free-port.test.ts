import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findFreePort, findListenFault } from '../../bin/launcher/free-port.js';

describe('a free port', () => {
  it('is the wanted one as long as nobody has it', async () => {
    const wanted = await findFreePort();
    expect(await findFreePort(wanted)).toBe(wanted);
    const server = createServer().listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    expect(await findListenFault(wanted)).toBe('EADDRINUSE');
    expect(await findFreePort(wanted)).not.toBe(wanted);
    server.close();
  });

  it('is told from an address that is not of this machine', async () => {
    const port = await findFreePort();
    expect(await findListenFault(port)).toBeNull();
    // Of the range that is for documentation alone.
    expect(await findListenFault(port, '192.0.2.1')).toBe('EADDRNOTAVAIL');
    expect(await findListenFault(port, 'not a host')).toMatch(/^E(NOTFOUND|AI_AGAIN)$/);
  });

  it('is none that the system would give to an outgoing connection', async () => {
    const chosen = await Promise.all(Array.from({ length: 50 }, () => findFreePort()));
    expect(Math.min(...chosen)).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...chosen)).toBeLessThan(32_768);
  });
});

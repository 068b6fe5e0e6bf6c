import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findFreePort, isPortFree } from '../../bin/launcher/free-port.js';

describe('a free port', () => {
  it('is the wanted one as long as nobody has it', async () => {
    const wanted = await findFreePort();
    expect(await findFreePort(wanted)).toBe(wanted);
    const server = createServer().listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    expect(await isPortFree(wanted)).toBe(false);
    expect(await findFreePort(wanted)).not.toBe(wanted);
    server.close();
  });

  it('is none that the system would give to an outgoing connection', async () => {
    const chosen = await Promise.all(Array.from({ length: 50 }, () => findFreePort()));
    expect(Math.min(...chosen)).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...chosen)).toBeLessThan(32_768);
  });
});

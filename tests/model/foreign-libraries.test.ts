/** A folder of libraries from another release, made with the machine's C compiler where there is one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLibraries } from '../../common/llama/libraries.js';
import { findShippedFolder, readShippedRelease } from '../../common/llama/shipped.js';

const canCompile = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

describe.skipIf(!canCompile)('libraries of another llama.cpp', () => {
  it('are refused with both versions named', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-foreign-'));
    const shipped = findShippedFolder('cpu') ?? '';
    for (const name of readdirSync(shipped))
      if (/^libggml(-base)?\./.test(name)) copyFileSync(path.join(shipped, name), path.join(folder, name));
    const source = path.join(folder, 'llama.c');
    await writeFile(source, 'const char * llama_version(void) { return "0.4.2"; }\n');
    execFileSync('cc', ['-shared', '-fPIC', '-o', path.join(folder, 'libllama.so'), source]);
    await expect(openLibraries({ directory: folder })).rejects.toMatchObject({
      code: 'ENGINE_LIBRARIES_VERSION',
      details: { directory: folder, came: '0.4.2', expected: readShippedRelease() },
    });
    await rm(folder, { recursive: true });
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseBuildArguments } from '../../bin/commands/build-llama.js';
import { buildLlama } from '../../bin/llama-build/build.js';
import { planBuild } from '../../bin/llama-build/plan.js';
import { readConfig } from '../../common/config/config.js';
import { readShippedRelease } from '../../common/llama/shipped.js';

describe('the flags of build-llama', () => {
  it('name a folder of their own for each release and GPU unless told', () => {
    const { dataDir } = readConfig();
    const release = readShippedRelease();
    expect(release).toMatch(/^v\d/);
    expect(parseBuildArguments([]).out).toBe(path.join(dataDir, `llama-${release}`));
    expect(parseBuildArguments(['--gpu', 'cuda']).out).toBe(path.join(dataDir, `llama-${release}-cuda`));
    expect(parseBuildArguments(['--out', '/opt/llama', '--jobs', '3'])).toEqual({
      gpu: 'off',
      out: '/opt/llama',
      jobs: 3,
    });
  });

  it.each([
    ['an unknown GPU', ['--gpu', 'abacus'], '--gpu'],
    ['no jobs', ['--jobs', '0'], '--jobs'],
    ['an unknown flag', ['--fast'], '--fast'],
  ])('refuse %s', (_name, args, named) => {
    expect(() => parseBuildArguments(args)).toThrow(
      expect.objectContaining({
        code: 'REQUEST_INVALID',
        details: { issues: [expect.stringContaining(named)] },
      }),
    );
  });
});

describe('the plan of a build', () => {
  it("uses the machine's own instructions and builds back ends alone", () => {
    const plan = planBuild('cuda', { platform: 'linux', arch: 'x64' });
    expect(plan.targets).toEqual(['ggml-cpu', 'ggml-cuda']);
    expect(plan.options).toMatchObject({
      CMAKE_C_FLAGS: '-march=native',
      GGML_CUDA: 'ON',
      GGML_VULKAN: 'OFF',
    });
    expect(planBuild('metal', { platform: 'darwin', arch: 'arm64' }).options).toMatchObject({
      GGML_NATIVE: 'ON',
      GGML_METAL: 'ON',
    });
  });

  it.each([
    ['off', 'win32'],
    ['metal', 'linux'],
    ['cuda', 'darwin'],
  ] as const)('refuses %s on %s', (gpu, platform) => {
    expect(() => planBuild(gpu, { platform, arch: 'x64' })).toThrow(
      expect.objectContaining({ code: 'LLAMA_BUILD_UNSUPPORTED' }),
    );
  });
});

describe.skipIf(process.platform === 'win32')('a build', () => {
  const before = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = before;
  });

  it('says which program is missing and how to get it', async () => {
    process.env['PATH'] = '/nowhere';
    const build = buildLlama({ out: '/nowhere/llama', gpu: 'off', jobs: 1, say: () => {} });
    await expect(build).rejects.toMatchObject({ code: 'LLAMA_BUILD_TOOL_MISSING', details: { tool: 'git' } });
  });

  it('replaces no folder that something else made', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-build-'));
    await writeFile(path.join(folder, 'letter.txt'), 'Dear');
    const build = buildLlama({ out: folder, gpu: 'off', jobs: 1, say: () => {} });
    await expect(build).rejects.toMatchObject({ code: 'LLAMA_BUILD_FOLDER_TAKEN' });
    await rm(folder, { recursive: true });
  });
});

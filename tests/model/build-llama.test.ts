/** A real build, by opt-in, since it compiles for minutes: `ATTUNE_TEST_BUILD_LLAMA=1`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildLlama } from '../../bin/llama-build/build.js';
import { LlamaModel } from '../../common/llama/model.js';
import { openModel } from '../../worker/nn/open-model.js';
import { ask, withLoop } from '../support/answers.js';
import { writeTinyModel } from '../support/tiny-model.js';

describe.skipIf(!process.env['ATTUNE_TEST_BUILD_LLAMA'])('build-llama', () => {
  it('makes libraries that serve and train', { timeout: 7_200_000 }, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-built-'));
    const directory = path.join(folder, 'llama');
    await buildLlama({ out: directory, gpu: 'off', jobs: 1, say: () => {} });
    const file = path.join(folder, 'tiny.gguf');
    await writeTinyModel(file, { contextLength: 512 });
    const model = await LlamaModel.open(file, { gpu: 'off', directory });
    expect(model.api.libraries.directory).toBe(directory);
    const answer = await withLoop(model, {}, (loop) => ask(loop, 'Once upon'));
    expect(answer.tokens.length).toBeGreaterThan(0);
    model[Symbol.dispose]();
    using trainable = await openModel(file, { gpu: 'off', libraries: directory });
    expect(trainable.info.architecture).toBe('llama');
    await rm(folder, { recursive: true });
  });
});

import os from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { openModel } from '../../worker/nn/open-model.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
afterEach(() => vi.restoreAllMocks());

test.runIf(process.platform === 'linux')('a model to train is refused by what others left free', async () => {
  const file = at('tiny.gguf');
  await writeTinyModel(file);
  const roomy = await openModel(file, { gpu: 'off', mode: 'full', threads: 1 });
  roomy[Symbol.dispose]();
  vi.spyOn(os, 'freemem').mockReturnValue(1000);
  await expect(openModel(file, { gpu: 'off', mode: 'full', threads: 1 })).rejects.toMatchObject({
    code: 'ENGINE_OUT_OF_MEMORY',
  });
});

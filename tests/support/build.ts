/** Fresh from the sources, or as it is where nothing changed. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { repositoryRoot } from '../../common/config/repository.js';

/** @throws Error when it does not build: the tests would see what was built before */
export function build(part: 'node' | 'web'): void {
  const { status } = spawnSync(process.execPath, [path.join(repositoryRoot, 'bin/build.js'), part], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`What the tests run does not build: ${part}.`);
}

import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeReadable } from '../../bin/launcher/passable-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const inFolder = temporaryFolder();
const modeOf = (file: string) => statSync(file).mode & 0o777;

it('lets everybody do what the owner may, but write', () => {
  const folder = inFolder('postgres');
  mkdirSync(path.join(folder, 'bin'), { recursive: true, mode: 0o700 });
  const [program, library] = [path.join(folder, 'bin', 'program'), path.join(folder, 'library')];
  writeFileSync(program, '');
  chmodSync(program, 0o700);
  writeFileSync(library, 'here', { mode: 0o600 });
  symlinkSync('library', path.join(folder, 'link'));
  symlinkSync('nowhere', path.join(folder, 'dangling'));
  makeReadable(folder);
  expect([folder, path.join(folder, 'bin'), program].map(modeOf)).toEqual([0o755, 0o755, 0o755]);
  expect(modeOf(library)).toBe(0o644);
  expect(readFileSync(path.join(folder, 'link'), 'utf8')).toBe('here');
});

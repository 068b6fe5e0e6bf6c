/** What holds people's conversations is for the present user alone. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { closeArtefacts, toArtefactPath } from '../../common/config/artefacts.js';
import { ParkedCaches } from '../../worker/inference/loop/parked-caches.js';
import { markProcess } from '../../worker/training/orphan.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const inFolder = temporaryFolder();
const modeOf = (folder: string) => statSync(folder).mode & 0o777;

it('closes artefacts that lie open', () => {
  const folder = toArtefactPath(inFolder('open'), '');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  closeArtefacts(inFolder('open'));
  expect(modeOf(folder)).toBe(0o700);
});

it("makes a run's folder closed, with those above it", () => {
  const folder = toArtefactPath(inFolder('run'), 'runs/one');
  markProcess(folder, process.pid);
  expect([folder, toArtefactPath(inFolder('run'), '')].map(modeOf)).toEqual([0o700, 0o700]);
});

it('parks conversations in a closed folder', async () => {
  const folder = inFolder(path.join('cache', 'conversations', 'one'));
  const caches = new ParkedCaches({ memoryBytes: 0, diskBytes: 100, folder });
  await caches.park([1, 2, 3], null, new Uint8Array(10));
  expect([folder, path.dirname(folder)].map(modeOf)).toEqual([0o700, 0o700]);
});

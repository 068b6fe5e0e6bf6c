import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conversationFolder, removeStaleConversations } from '../../worker/inference/conversation-folder.js';

describe('folders of parked conversations', () => {
  let dataDir: string;
  beforeEach(() => (dataDir = mkdtempSync(path.join(tmpdir(), 'attune-parked-'))));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('loses those of processes that are gone and keeps those of the living', async () => {
    const own = conversationFolder(dataDir, 'model');
    const ofProcess = (pid: number) => path.join(path.dirname(own), `${pid}-model`);
    const gone = ofProcess(spawnSync(process.execPath, ['-e', '']).pid);
    const living = ofProcess(process.ppid);
    for (const folder of [gone, living]) mkdirSync(folder, { recursive: true });
    await removeStaleConversations(dataDir);
    expect(existsSync(gone)).toBe(false);
    expect(existsSync(living)).toBe(true);
  });

  it('has nothing to do in a new data folder', async () => {
    await expect(removeStaleConversations(dataDir)).resolves.toBeUndefined();
  });
});

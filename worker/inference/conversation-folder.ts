/** Folders of parked conversation caches: one per process and model, as several workers may share a data folder; worthless once the process is gone. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

const rootOf = (dataDir: string) => path.join(dataDir, 'cache', 'conversations');

/** Where this process parks the caches of a model. */
export function conversationFolder(dataDir: string, modelId: string): string {
  return path.join(rootOf(dataDir), `${process.pid}-${modelId}`);
}

/** Removes what processes that no longer live have left. */
export async function removeStaleConversations(dataDir: string): Promise<void> {
  const names = await readdir(rootOf(dataDir)).catch(() => []);
  const stale = names.filter((name) => Number(name.split('-')[0]) === process.pid || !isAlive(name));
  for (const name of stale) await rm(path.join(rootOf(dataDir), name), { recursive: true, force: true });
}

function isAlive(name: string): boolean {
  try {
    return process.kill(Number(name.split('-')[0]), 0);
  } catch (error) {
    // Another user's process cannot be signalled, but it lives.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

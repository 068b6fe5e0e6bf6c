/** Folders that the user whom a service runs as can use, whatever the umask of the person who started it. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder, and those above it that are missing; where root makes them, others may pass through. What is there already stays as it is.
 *
 * @param folder  absolute
 */
export function createPassableFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  // Nobody but root runs services as somebody else.
  if (first === undefined || process.getuid?.() !== 0) return;
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) makePassable(made);
}

/** Lets everybody pass through a folder. */
export function makePassable(folder: string): void {
  chmodSync(folder, statSync(folder).mode | 0o111);
}

/** Lets everybody read, list and run what its owner may, in a folder and all below it. */
export function makeReadable(entry: string): void {
  const stat = lstatSync(entry);
  // Links have no modes of their own.
  if (stat.isSymbolicLink()) return;
  const granted = stat.mode & 0o500;
  chmodSync(entry, stat.mode | (granted >> 3) | (granted >> 6));
  if (stat.isDirectory()) for (const name of readdirSync(entry)) makeReadable(path.join(entry, name));
}

/**
 * Builds what is older than its sources; does nothing, within milliseconds, when all is up to date.
 *
 * Plain JavaScript with Node's own modules alone: it runs before anything was built. `node bin/build.js [node] [web]`; both by default.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const projectRoot = path.dirname(import.meta.dirname);

/** What each part is built from, with what, and where the time of its last build is kept. */
const parts = {
  node: {
    sources: [
      'server',
      'worker',
      'common',
      'migrations',
      'bin',
      'bench',
      'models',
      'tsconfig.json',
      'tsconfig.build.json',
    ],
    command: [path.join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    folder: '.',
    stamp: 'dist/.built',
  },
  web: {
    // What npm installs is bundled into the page; the programs find it where it lies.
    sources: ['web', 'common/contracts', 'package-lock.json'],
    command: [path.join('..', 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
    folder: 'web',
    stamp: 'web/build/.built',
  },
};
const ignored = new Set(['node_modules', 'dist', 'build', '.svelte-kit', '.vite', 'screenshots']);

/**
 * @param {('node' | 'web')[]} names
 * @param {(name: string) => void} onBuild  told before each build that takes place
 * @returns {boolean} false when a build failed; its output went to the terminal
 */
export function buildStale(names = ['node', 'web'], onBuild = () => {}) {
  return names.every((name) => {
    const part = parts[name];
    if (!existsSync(path.join(projectRoot, part.folder)) || !isStale(part)) return true;
    onBuild(name);
    return build(part);
  });
}

function build(part) {
  const startedAt = new Date();
  // A build that succeeds has nothing to say to the person who wants to chat.
  const { status, stdout, stderr } = spawnSync(process.execPath, part.command, {
    cwd: path.join(projectRoot, part.folder),
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    return false;
  }
  // The time at which it began: what was edited meanwhile is newer.
  const stamp = path.join(projectRoot, part.stamp);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, startedAt, startedAt);
  return true;
}

function isStale(part) {
  const builtAt = statSync(path.join(projectRoot, part.stamp), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return part.sources.some((source) => isNewer(path.join(projectRoot, source), builtAt));
}

/** A folder's time changes when a file is added, renamed or removed in it; also when a build puts its output there. */
function isNewer(entry, time) {
  const stat = statSync(entry, { throwIfNoEntry: false });
  if (!stat) return false;
  if (!stat.isDirectory()) return stat.mtimeMs > time;
  const names = readdirSync(entry);
  if (stat.mtimeMs > time && !names.some((name) => ignored.has(name))) return true;
  return names.some((name) => !ignored.has(name) && isNewer(path.join(entry, name), time));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2).filter((name) => name in parts);
  process.exitCode = buildStale(names.length > 0 ? names : undefined) ? 0 : 1;
}

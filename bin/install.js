/**
 * Installs the npm packages when they are missing or older than package-lock.json.
 *
 * Plain JavaScript with Node's own modules alone: it runs in a fresh clone.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './build.js';

const stamp = path.join(projectRoot, 'node_modules', '.attune-installed');

/** @returns {boolean} false when npm failed; its output went to the terminal */
export function install() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  console.log('Installing packages (some hundred MB the first time) …');
  // Development packages build the page, and optional ones hold the binaries for this machine, whatever NODE_ENV or .npmrc say.
  const args = [
    'install',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  // Under npx or another package manager the variable names that one instead.
  const npm = /npm-cli\.c?js$/.exec(process.env.npm_execpath ?? '')?.input;
  const { status, error } = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: projectRoot, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: projectRoot, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error(`npm install failed${error ? `: ${error.message}` : ''}.`);
    return false;
  }
  writeFileSync(stamp, fingerprint());
  return true;
}

/** Packages with native parts belong to one platform and one Node. */
function fingerprint() {
  const lock = readFileSync(path.join(projectRoot, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  return [digest, process.platform, process.arch, process.versions.modules].join(' ');
}

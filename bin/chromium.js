/**
 * Finds the browser for the end-to-end tests, and gets one where there is none.
 *
 * Plain JavaScript with Node's own modules alone, as everything that runs before the build.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './build.js';

/** @returns {string | null} path of the program; null, after saying what to do, when none can be had */
export function findChromium() {
  const known = process.env.CHROMIUM_PATH || findOnPath() || findPlaywrights();
  if (known) return known;
  console.log('No Chromium found; installing one …');
  const installed = installDebians() || installPlaywrights();
  if (!installed)
    console.error(
      'The end-to-end tests need Chromium: install the package chromium, or set CHROMIUM_PATH to a Chromium or Chrome.',
    );
  return installed;
}

function findOnPath() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return (
    names
      .flatMap((name) => folders.map((folder) => path.join(folder, name)))
      .find((file) => existsSync(file)) ?? null
  );
}

function installDebians() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
  aptGet('update', '-qq');
  return aptGet('install', '-y', '-qq', '--no-install-recommends', 'chromium') ? findOnPath() : null;
}

function installPlaywrights() {
  const cli = path.join(projectRoot, 'node_modules', 'playwright-core', 'cli.js');
  spawnSync(process.execPath, [cli, 'install', 'chromium'], { stdio: 'inherit' });
  return findPlaywrights();
}

function findPlaywrights() {
  const library = pathToFileURL(path.join(projectRoot, 'node_modules', 'playwright-core', 'index.mjs')).href;
  const script = `import { chromium } from ${JSON.stringify(library)}; console.log(chromium.executablePath());`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const file = stdout?.trim();
  return file && existsSync(file) ? file : null;
}

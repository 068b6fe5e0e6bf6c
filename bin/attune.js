#!/usr/bin/env node
/** `npx attune <command>`: builds what is stale, then hands over to the table of commands. Plain JavaScript: it runs in a fresh clone. */
import './node-version.js';

const { install } = await import('./install.js');
const { buildStale } = await import('./build.js');
const parts = process.argv[2] === 'start' ? ['node', 'web'] : ['node'];
const isRunnable = install() && buildStale(parts, () => console.error('Building …'));
if (!isRunnable) process.exit(1);

const { runCommand } = await import('../dist/bin/attune.js');
process.exit(await runCommand(process.argv.slice(2)));

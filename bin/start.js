#!/usr/bin/env node
/**
 * `npm start`: makes the clone runnable (packages, build), then hands over to the launcher.
 *
 * Plain JavaScript with Node's own modules alone, in syntax that an old Node still parses: it runs in a fresh clone.
 */
import './node-version.js';

const { install } = await import('./install.js');
const { buildStale } = await import('./build.js');
const whatIsBuilt = { node: 'the programs', web: 'the page' };
const isRunnable =
  install() && buildStale(['node', 'web'], (name) => console.log(`Building ${whatIsBuilt[name]} …`));
if (!isRunnable) process.exit(1);

const { launch } = await import('../dist/bin/launcher/main.js');
process.exit(await launch(process.argv.slice(2)));

#!/usr/bin/env node
/**
 * `npm run bench [-- NAME …] [--model FILE.gguf]`: makes the clone runnable, then hands over to the table of benches.
 *
 * Plain JavaScript with Node's own modules alone: it runs in a fresh clone.
 */
import './node-version.js';
import { buildStale } from './build.js';
import { install } from './install.js';

if (!install() || !buildStale()) process.exit(1);
const { runBenches } = await import('../dist/bench/main.js');
process.exit(await runBenches(process.argv.slice(2)));

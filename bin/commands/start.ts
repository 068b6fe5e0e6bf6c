import { launch } from '../launcher/main.js';
import type { Command } from './command.js';

/** `npx attune start`: what `npm start` does. */
export const startCommand: Command = {
  summary: 'runs Attune on this machine until it is stopped; the same as npm start',
  describe: () =>
    [
      'npx attune start [--verbose]',
      '',
      '  --verbose   shows everything that the programs log; it is kept in logs/ of the data folder anyway',
    ].join('\n'),
  run: launch,
};

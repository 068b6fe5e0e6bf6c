/** The table of operator's commands. Adding one = one file in `commands/` and one entry here. */
import { AppError } from '../common/contracts/errors.js';
import { buildLlamaCommand } from './commands/build-llama.js';
import { findCommand, type Command } from './commands/command.js';
import { evalCommand } from './commands/eval.js';
import { createHelp } from './commands/help.js';
import { startCommand } from './commands/start.js';
import { trainCommand } from './commands/train.js';

const commands: Record<string, Command> = {
  start: startCommand,
  train: trainCommand,
  eval: evalCommand,
  'build-llama': buildLlamaCommand,
};
const help = createHelp(commands);
const helpNames = ['help', '--help', '-h'];

/**
 * @param args  the command's name and what follows it
 * @returns the process's exit code
 */
export async function runCommand([name = 'help', ...args]: readonly string[]): Promise<number> {
  const command = helpNames.includes(name) ? help : findCommand(commands, name);
  if (!command) {
    console.error(`There is no command ${name}; npx attune help lists them.`);
    return 2;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.message} (${error.code})`);
    return 1;
  }
}

import { findCommand, type Command } from './command.js';

/** `npx attune help [command]`, over the table that it lists. */
export function createHelp(commands: Readonly<Record<string, Command>>): Command {
  const list = () =>
    [
      'npx attune <command>',
      '',
      ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(13)}${summary}`),
      `  ${'help'.padEnd(13)}tells about a command: npx attune help train dpo`,
    ].join('\n');
  return {
    summary: 'tells about a command',
    describe: list,
    run: ([name, ...more]) => {
      const command = name === undefined ? null : findCommand(commands, name);
      console.log(command ? command.describe(more) : list());
      return Promise.resolve(name === undefined || command ? 0 : 2);
    },
  };
}

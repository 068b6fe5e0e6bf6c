import { afterEach, expect, it, vi } from 'vitest';
import { findCommand, type Command } from '../../bin/commands/command.js';
import { createHelp } from '../../bin/commands/help.js';

const greet: Command = { summary: 'greets', describe: () => 'how to greet', run: () => Promise.resolve(0) };
const commands = { greet };
afterEach(() => vi.restoreAllMocks());

it('knows the commands of its table and no other, not even what every object has', () => {
  expect(findCommand(commands, 'greet')).toBe(greet);
  for (const name of ['constructor', 'toString', 'nothing']) expect(findCommand(commands, name)).toBeNull();
});

it.each([
  { args: ['greet'], status: 0, says: 'how to greet' },
  { args: [], status: 0, says: 'npx attune <command>' },
  { args: ['toString'], status: 2, says: 'npx attune <command>' },
])('helps with $args', async ({ args, status, says }) => {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  expect(await createHelp(commands).run(args)).toBe(status);
  expect(log).toHaveBeenCalledWith(expect.stringContaining(says));
});

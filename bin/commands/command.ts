/** One operator's command. */
export interface Command {
  /** One line for the list. */
  summary: string;
  /** What `npx attune help <command> [more]` prints. */
  describe(more: readonly string[]): string;
  /** @returns the process's exit code */
  run(args: readonly string[]): Promise<number>;
}

/** @param name  as it was typed: `constructor` is no command, though every object has one */
export function findCommand(commands: Readonly<Record<string, Command>>, name: string): Command | null {
  return Object.hasOwn(commands, name) ? (commands[name] ?? null) : null;
}

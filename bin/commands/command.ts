/** One operator's command. */
export interface Command {
  /** One line for the list. */
  summary: string;
  /** What `npx attune help <command> [more]` prints. */
  describe(more: readonly string[]): string;
  /** @returns the process's exit code */
  run(args: readonly string[]): Promise<number>;
}

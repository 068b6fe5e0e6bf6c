import { pino, stdSerializers, type Logger } from 'pino';

export type { Logger };

/**
 * A program's structured log: one JSON object a line on standard output. A line is a constant phrase plus fields, `requestId` from edge to worker.
 *
 * Prompts, answers and credentials are never logged above debug.
 *
 * @param program  which process speaks, e.g. `server`, `inference`
 */
export function createLogger(program: string, { level }: { level: string }): Logger {
  return pino({
    level,
    base: { program, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: withoutValues },
  });
}

/** A failed query carries its parameters, among them what people and models said. */
function withoutValues(error: Error): object {
  const { parameters: _, driverError: __, ...rest } = stdSerializers.err(error) as Record<string, unknown>;
  return rest;
}

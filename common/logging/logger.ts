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
    serializers: { err: serializeError },
    formatters: { level: (label) => ({ level: label }) },
  });
}

/**
 * An error as the log has it: without what a statement was given, which is what people wrote.
 *
 * A failed query carries its values in `parameters`, and Postgres repeats some in `detail`; both hang on the driver's error too.
 */
export function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { parameters: _, detail: __, driverError: ___, raw: ____, ...rest } = stdSerializers.err(error);
  return rest;
}

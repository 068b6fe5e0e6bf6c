import { QueryFailedError } from 'typeorm';

/** Classes of SQLSTATE that pass by themselves: connections, rollbacks, room, locks, shutdowns, disks, and a standby that becomes the primary. */
const passing: readonly string[] = ['08', '25', '40', '53', '55', '57', '58'];

/**
 * Whether Postgres would refuse the same statement again: for a constraint, a value, or a table that is not as expected. Not so for a
 * connection that broke, which has no SQLSTATE.
 *
 * @see https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export function isRefused(error: unknown): error is QueryFailedError {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !passing.includes(code.slice(0, 2));
}

import type { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import { newRunSchema, type NewRun } from '../../common/contracts/run-records.js';

/**
 * A run made of what is stored: another run, or a stage of a plan.
 *
 * @throws AppError `RUN_CONFIG_INVALID` for settings from before something was refused
 */
export function toNewRun(stored: z.input<typeof newRunSchema>): NewRun {
  const { data, error } = newRunSchema.safeParse(stored);
  if (data) return data;
  const issues = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AppError('RUN_CONFIG_INVALID', { issues });
}

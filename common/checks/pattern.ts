import { createContext, Script } from 'node:vm';

/** Patterns exist that take longer than the universe on a short text; no honest one takes this long. */
const timeoutMs = 500;
const context = createContext(Object.create(null));
const search = new Script('new RegExp(pattern, flags).test(text)');

/**
 * Is the pattern found in the text?
 *
 * @returns false, too, for a pattern that does not come to an end within half a second
 */
export function matchesPattern(text: string, pattern: string, caseSensitive: boolean): boolean {
  Object.assign(context, { text, pattern, flags: caseSensitive ? 'u' : 'iu' });
  try {
    return search.runInContext(context, { timeout: timeoutMs }) === true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}

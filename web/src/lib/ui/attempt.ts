import { useI18n } from '$lib/i18n/i18n.svelte';
import { useNotices } from './notices.svelte';

/**
 * For actions whose failure the person should read: shows the error's message in their language.
 *
 * @returns a function that runs the action and tells whether it succeeded
 */
export function useAttempt(): (action: () => Promise<unknown>) => Promise<boolean> {
  const i18n = useI18n();
  const notices = useNotices();
  return async (action) => {
    try {
      await action();
      return true;
    } catch (error) {
      notices.fault(i18n.error(error));
      return false;
    }
  };
}

import { isNotHere } from '$lib/net/api';
import { useAttempt } from '$lib/ui/attempt';

/** What a page is about, read by the id in its address. */
export interface Visit {
  /** There is nothing at the address. */
  readonly isMissing: boolean;
  /** Tells a failure to the person, unless it is that there is nothing. */
  read: (load: () => Promise<unknown>) => Promise<void>;
}

export function useVisit(): Visit {
  const attempt = useAttempt();
  let isMissing = $state(false);
  return {
    get isMissing() {
      return isMissing;
    },
    async read(load) {
      isMissing = false;
      await attempt(() =>
        load().catch((error: unknown) => {
          isMissing = isNotHere(error);
          if (!isMissing) throw error;
        }),
      );
    },
  };
}

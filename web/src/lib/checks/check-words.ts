import type { Check, CheckKind, CheckOf } from '$contracts/checks';
import type { Messages } from '$lib/i18n/messages';

/** A check as one short phrase. */
export function describeCheck<K extends CheckKind>(words: Messages['checks'], check: CheckOf<K>): string {
  const tell = words.told[check.kind as K] as (check: Check) => string;
  return tell(check);
}

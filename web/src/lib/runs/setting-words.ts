import type { RunKind } from '$contracts';
import { onlineKinds } from '$contracts/runs';
import type { FieldWords } from '$lib/forms/schema-field';
import type { Messages } from '$lib/i18n/messages';

/**
 * Words of a setting in the language of the page: those of its kind first, since some settings mean another thing to runs that answer
 * themselves; none where the schema's own will do.
 */
export function findSettingWords(
  words: Messages['runSettings'],
  kind: RunKind,
  path: string,
): FieldWords | undefined {
  const isOnline = (onlineKinds as readonly RunKind[]).includes(kind);
  return words[`${kind}.${path}`] ?? (isOnline ? words[`online.${path}`] : undefined) ?? words[path];
}

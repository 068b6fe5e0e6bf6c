import type { PromptSet } from '$contracts';
import type { Messages } from '$lib/i18n/messages';

/** Name and description of a set: one that came with Attune has them in the language of the page, as long as nobody changed them. */
export function wordSet(
  { builtInWords }: Pick<Messages['prompts'], 'builtInWords'>,
  { name, description, isBuiltIn }: Pick<PromptSet, 'name' | 'description' | 'isBuiltIn'>,
): { name: string; description: string } {
  const word = (text: string) => (isBuiltIn ? (builtInWords[text] ?? text) : text);
  return { name: word(name), description: word(description) };
}

/**
 * Name of a set as it was recorded.
 *
 * @param sets  those that are here now
 */
export function wordSetName(
  words: Pick<Messages['prompts'], 'builtInWords'>,
  name: string,
  sets: readonly Pick<PromptSet, 'name' | 'isBuiltIn'>[],
): string {
  const isBuiltIn = sets.some((set) => set.isBuiltIn && set.name === name);
  return wordSet(words, { name, description: '', isBuiltIn }).name;
}

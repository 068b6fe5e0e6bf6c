/** Titles of conversations that nobody named. */

const longestTitle = 60;

/** The beginning of a message as a title: one line, cut between words. */
export function toTitle(text: string): string {
  const line = text
    .slice(0, 1000)
    .replace(/[#*_`>~|]+/g, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  const characters = [...line];
  if (characters.length <= longestTitle) return line;
  const cut = characters.slice(0, longestTitle).join('');
  const space = cut.lastIndexOf(' ');
  return `${(space > longestTitle / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/** What the model is asked, after the first exchange. */
export const titleQuestion =
  'Give this conversation a title of at most six words, in the language of my message. Answer with the title alone.';

/** @param answer  what a model said to `titleQuestion` @returns null when it is no title */
export function toModelTitle(answer: string): string | null {
  const line = answer.trim().split('\n')[0] ?? '';
  const bare = line
    .replace(/^(title|标题)\s*[:：]\s*/iu, '')
    .replace(/^["'“”‘’「『《*#\s]+|["'“”‘’」』》*.。\s]+$/gu, '')
    .replace(/\s+/gu, ' ');
  // Control characters are what a model says that says nothing.
  return /^[^\p{Cc}\p{Cn}\ufffd]{2,80}$/u.test(bare) && /[\p{L}\p{N}]/u.test(bare) ? bare : null;
}

import type { PromptScript } from '../../common/contracts/feedback-filter.js';

const cjkCharacter =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/gu;
const latinWord = /[\p{Script=Latin}\p{M}]+/gu;
const otherLetter = /\p{L}/u;
/** What a prompt is written in shows in its beginning. */
const examinedLength = 10_000;

/**
 * What a prompt is written in, by its characters: a Chinese character weighs as much as a Latin word, so that a Chinese question about
 * `Promise` is Chinese, and an English one about 你好 English.
 */
export function detectScript(prompt: string): PromptScript {
  const text = prompt.slice(0, examinedLength);
  const cjk = text.match(cjkCharacter)?.length ?? 0;
  const latin = text.match(latinWord) ?? [];
  const other = text.replace(cjkCharacter, '').replace(latinWord, '').match(new RegExp(otherLetter, 'gu'));
  if ((other?.length ?? 0) > cjk + latin.join('').length) return 'other';
  if (cjk > 0 && cjk >= latin.length) return 'cjk';
  return latin.length > 0 ? 'latin' : 'other';
}

/** Titles of conversations that nobody named. */
import { z } from 'zod';
import type { ResponseFormat } from '../../common/contracts/generation.js';
import { cutText } from '../platform/cut-text.js';

const longestTitle = 60;

/** The beginning of a message as a title: one line, cut between words. */
export function toTitle(text: string): string {
  const line = cutText(text, 1000)
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
  'Give this conversation a title of at most six words, in the language of my first message.';

/** The form that its answer is held to: small models would introduce their title, or explain it. */
export const titleForm: ResponseFormat = {
  type: 'schema',
  schema: {
    type: 'object',
    properties: { title: { type: 'string', minLength: 2, maxLength: longestTitle } },
  },
};

const titleAnswer = z.object({ title: z.string() });

/**
 * @param answer        what a model said to `titleQuestion`
 * @param conversation  what was said in it
 * @returns null when it is no title, was cut, or has no word of the conversation: small models make words up
 */
export function toModelTitle(answer: string, conversation: string): string | null {
  const bare = readTitle(answer)
    .replace(/^(title|标题)\s*[:：]\s*/iu, '')
    .replace(/^["'“”‘’「『《*#\s]+|["'“”‘’」』》*.。\s]+$/gu, '')
    .replace(/\s+/gu, ' ');
  // Control characters are what a model says that says nothing; sentences, whole or from their middle, are no title.
  const isText = /^[^\p{Cc}\p{Cn}\ufffd]{2,80}$/u.test(bare) && /[\p{L}\p{N}]/u.test(bare);
  const isProse = /^[\p{Pe}.,;:!?。，、；：！？]|[.!?]\s+\S|[。！？]\S/u.test(bare);
  return isText && !isProse && sharesWord(bare, conversation) ? bare : null;
}

/** Languages without spaces have words, too. */
const wordSegmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

function sharesWord(title: string, conversation: string): boolean {
  const said = conversation.toLowerCase();
  const words = [...wordSegmenter.segment(title.toLowerCase())].filter(({ isWordLike }) => isWordLike);
  return words.some(({ segment }) => said.includes(segment));
}

function readTitle(answer: string): string {
  try {
    return titleAnswer.parse(JSON.parse(answer)).title;
  } catch {
    return '';
  }
}

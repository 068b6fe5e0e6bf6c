/**
 * Markdown to a tree of tokens, which Svelte renders node by node. No HTML is made or trusted on the way: what a model writes as HTML is
 * shown as the text that it is.
 */
import {
  Marked,
  type MarkedToken,
  type Token,
  type TokenizerAndRendererExtension,
  type TokenizerExtension,
  type Tokens,
} from 'marked';

export interface MathToken {
  type: 'math';
  raw: string;
  text: string;
  display: boolean;
}
export type MarkdownToken = MarkedToken | MathToken;

/** `$$…$$` and `\[…\]` in display, `$…$` and `\(…\)` in the line; what starts like a price is one unless TeX follows. */
const displayMath = /^(?:\$\$([^$]+?)\$\$|\\\[([\s\S]+?)\\\])/;
const inlineMath = /^(?:\$(?!\s)(?!\d[^$\n\\^_={]*\$)((?:\\.|[^$\\\n])+?)(?<!\s)\$(?!\d)|\\\(([\s\S]+?)\\\))/;

const math: TokenizerAndRendererExtension = {
  name: 'math',
  level: 'inline',
  start: (source) => {
    const index = source.search(/\$|\\[([]/);
    return index < 0 ? undefined : index;
  },
  tokenizer(source): MathToken | undefined {
    const display = displayMath.exec(source);
    const match = display ?? inlineMath.exec(source);
    if (!match) return undefined;
    const text = (match[1] ?? match[2] ?? '').trim();
    return { type: 'math', raw: match[0], text, display: display !== null };
  },
};

/** A letter or a mark of punctuation. */
const cjk =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u;
/** Code, escaped characters, and single asterisks between two marks that stand close to the text. */
const boldText = /^\*\*(?![\s*])((?:(`+)[^`]+\2|\\[\s\S]|\*(?!\*)|[^*\\`])+?)(?<!\s)\*\*(?!\*)/;

/**
 * `**…**` in Chinese, Japanese and Korean, which have no spaces between words: beside punctuation CommonMark takes such marks for mere
 * asterisks. Where neither mark touches such a character, its own rule is left to decide.
 */
const boldInCjk: TokenizerExtension = {
  name: 'strong',
  level: 'inline',
  tokenizer(source, before: readonly Token[]): Tokens.Strong | undefined {
    const [raw, text] = boldText.exec(source) ?? [];
    if (raw === undefined || text === undefined) return undefined;
    const touching = [before.at(-1)?.raw.at(-1), text.at(0), text.at(-1), source.at(raw.length)];
    if (!touching.some((character) => character !== undefined && cjk.test(character))) return undefined;
    return { type: 'strong', raw, text, tokens: this.lexer.inlineTokens(text) };
  },
};
const marked = new Marked({ gfm: true, extensions: [math, boldInCjk] });

/** Blocks at the end that the next words may still change: the last, and the space or paragraph before it. */
const unsettledBlocks = 2;

/** Lexes a text that grows: blocks that are settled keep their identity, and so their place on the page. */
export class GrowingMarkdown {
  #text = '';
  #blocks: readonly MarkdownToken[] = [];

  /** @returns the top-level blocks of `text` */
  lex(text: string): readonly MarkdownToken[] {
    const source = text.replaceAll('\r\n', '\n');
    const settled = this.#blocks.slice(0, -unsettledBlocks);
    const offset = settled.reduce((length, { raw }) => length + raw.length, 0);
    if (!source.startsWith(this.#text.slice(0, offset))) return this.#lexAnew(source);
    this.#text = source;
    this.#blocks = [...settled, ...(marked.lexer(source.slice(offset)) as MarkdownToken[])];
    return this.#blocks;
  }

  #lexAnew(source: string): readonly MarkdownToken[] {
    this.#text = source;
    this.#blocks = marked.lexer(source) as MarkdownToken[];
    return this.#blocks;
  }
}

/** Addresses that a click may open; anything else is shown as text. */
export function isSafeLink(href: string): boolean {
  return /^(https?:|mailto:|#|\/(?!\/))/i.test(href);
}

const entities = /&(#\d+|#x[\da-f]+|[a-z]\w*);/gi;

/** `&amp;` and the like, which Markdown passes through, to the characters they name. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(entities, (entity) => {
    // A textarea's content is text whatever stands in it.
    const area = document.createElement('textarea');
    area.innerHTML = entity;
    return area.value;
  });
}

/**
 * What full-text search makes of a text, in English and Chinese alike.
 *
 * Words are split here, texts and queries alike: Postgres' own parser would keep `README.md` whole and split it in a query. They are kept
 * as they stand, for the beginnings of words, and as English stems. Where languages have no spaces (Chinese, Japanese, Korean) every pair of
 * neighbouring characters becomes a term, and the last character of a run one of its own, so that a single character is found as the
 * beginning of a term wherever it stands. No dictionary is needed, and the same text gives the same terms everywhere.
 *
 * A change of what is indexed takes a migration that marks all messages as `search_outdated`; SearchIndexer does the rest.
 */

const cjkRun =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}々〆ー]+/gu;
const betweenWords = /[^\p{L}\p{M}\p{N}]+/gu;
/** A tsvector holds 1 MB of terms at most; beyond this much text a message is found by its beginning. */
const indexedLength = 100_000;

export interface SearchText {
  /** Words with one space between them. */
  words: string;
  terms: string[];
}

/** SQL of the column `search`. @param words, terms  SQL of what `toSearchText` gives, as text and text[] */
export const searchVector = (words: string, terms: string): string =>
  `to_tsvector('simple', ${words}) || to_tsvector('english', ${words}) || array_to_tsvector(${terms})`;

export function toSearchText(text: string): SearchText {
  const indexed = text.slice(0, indexedLength);
  const terms = new Set<string>();
  for (const run of findCjkRuns(indexed)) for (const term of pairs(run, { withLast: true })) terms.add(term);
  return { words: splitWords(indexed).join(' '), terms: [...terms] };
}

export interface SearchQuery {
  /** The last may be unfinished. */
  words: string[];
  /** For a cast to `tsquery`; empty without CJK characters. */
  terms: string;
  /** What a hit must contain as it stands, since pairs may meet in another order than asked for. */
  runs: string[];
}

export function toSearchQuery(query: string): SearchQuery {
  const runs = findCjkRuns(query);
  const terms = runs.flatMap((run) =>
    [...run].length === 1 ? [`'${run}':*`] : pairs(run, { withLast: false }).map((pair) => `'${pair}'`),
  );
  return { words: splitWords(query), terms: terms.join(' & '), runs };
}

/** Marks around a hit in an excerpt: control characters that no text on the page shows. */
export const hitStart = '\u0002';
export const hitEnd = '\u0003';

/**
 * The text around the first of `runs`, every one of them marked.
 *
 * @param runs    runs or words, as `toSearchQuery` found them; letters' case does not matter
 * @param around  characters to each side of the first hit
 */
export function toExcerpt(text: string, runs: readonly string[], around = 60): string {
  const pattern = new RegExp(runs.map(escapePattern).join('|'), 'giu');
  const first = text.search(pattern);
  if (first < 0) return text.slice(0, 2 * around);
  const start = Math.max(0, first - around);
  const end = Math.min(text.length, first + 2 * around);
  const cut = text.slice(start, end).replace(pattern, `${hitStart}$&${hitEnd}`);
  return `${start > 0 ? '…' : ''}${cut}${end < text.length ? '…' : ''}`.replace(/\s+/gu, ' ');
}

function splitWords(text: string): string[] {
  return text
    .replace(cjkRun, ' ')
    .split(betweenWords)
    .filter((word) => word !== '');
}

function findCjkRuns(text: string): string[] {
  return text.match(cjkRun) ?? [];
}

function pairs(run: string, { withLast }: { withLast: boolean }): string[] {
  const characters = [...run];
  const found = characters.slice(1).map((character, index) => `${characters[index]}${character}`);
  return withLast ? [...found, characters.at(-1) ?? ''] : found;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

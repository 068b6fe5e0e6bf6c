/**
 * What full-text search makes of a text, in English and Chinese alike.
 *
 * Postgres splits and stems the words of languages with spaces. Where there are none (Chinese, Japanese, Korean) every pair of
 * neighbouring characters becomes a term, and the last character of a run one of its own, so that a single character is found as the
 * beginning of a term wherever it stands. No dictionary is needed, and the same text gives the same terms everywhere.
 */

const cjkRun =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}々〆ー]+/gu;
/** A tsvector holds 1 MB of terms at most; beyond this much text a message is found by its beginning. */
const indexedLength = 100_000;

export interface SearchText {
  /** For `to_tsvector('english', ...)`. */
  words: string;
  /** For `array_to_tsvector(...)`. */
  terms: string[];
}

export function toSearchText(text: string): SearchText {
  const indexed = text.slice(0, indexedLength);
  const terms = new Set<string>();
  for (const run of findCjkRuns(indexed)) for (const term of pairs(run, { withLast: true })) terms.add(term);
  return { words: indexed.replace(cjkRun, ' '), terms: [...terms] };
}

export interface SearchQuery {
  /** For `to_tsquery('english', ...)`: all words, the last of which may be unfinished; empty without any. */
  words: string;
  /** For a cast to `tsquery`; empty without CJK characters. */
  terms: string;
  /** What a hit must contain as it stands, since pairs may meet in another order than asked for. */
  runs: string[];
}

export function toSearchQuery(query: string): SearchQuery {
  const words = query.replace(cjkRun, ' ').match(/[\p{L}\p{N}]+/gu) ?? [];
  const runs = findCjkRuns(query);
  const terms = runs.flatMap((run) =>
    [...run].length === 1 ? [`'${run}':*`] : pairs(run, { withLast: false }).map((pair) => `'${pair}'`),
  );
  return {
    words: words.length === 0 ? '' : `${words.join(' & ')}:*`,
    terms: terms.join(' & '),
    runs,
  };
}

/** Marks around a hit in an excerpt: control characters that no text on the page shows. */
export const hitStart = '\u0002';
export const hitEnd = '\u0003';

/**
 * The text around the first of `runs`, every one of them marked.
 *
 * @param runs    as `toSearchQuery` found them; letters' case does not matter
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

/**
 * Learns a byte-level BPE vocabulary: merges the most frequent pair of neighbours, again and again.
 *
 * Works on distinct pieces with their counts, and after a merge recounts only the pieces that hold the pair. Ties go to the pair that
 * sorts first, so that the same text gives the same vocabulary.
 */
import { spell } from './byte-alphabet.js';
import { splitIntoPieces } from './pre-tokenizer.js';
import { type Merge, Vocabulary } from './vocabulary.js';

interface Piece {
  symbols: string[];
  count: number;
}

interface Pair {
  count: number;
  pieces: Set<Piece>;
}

/** A pair seen less often is not worth a token. */
const leastCount = 3;

/**
 * Chinese has no spaces, so that whole questions would become one token each and a question of other words would be read as something
 * never seen. Characters stay apart, as digits do: no merge ever leads from one into the next, when encoding neither.
 */
const withinWhichToMerge = /\p{Script=Han}|\P{Script=Han}+/gu;

/**
 * @param size  number of tokens at most, special tokens and the 256 bytes included
 * @source Sennrich et al. 2016, arXiv:1508.07909, on bytes as in Radford et al. 2019 (GPT-2)
 */
export function trainVocabulary(texts: Iterable<string>, size: number): Vocabulary {
  const pairs = new Map<string, Pair>();
  for (const piece of countPieces(texts)) addPairs(pairs, piece, 1);

  const merges: Merge[] = [];
  const room = size - new Vocabulary([]).tokens.length;
  while (merges.length < room) {
    const best = mostFrequent(pairs);
    if (!best) break;
    const [left = '', right = ''] = best.split(' ');
    merges.push([left, right]);
    for (const piece of [...(pairs.get(best)?.pieces ?? [])]) {
      addPairs(pairs, piece, -1);
      piece.symbols = join(piece.symbols, left, right);
      addPairs(pairs, piece, 1);
    }
    pairs.delete(best);
  }
  return new Vocabulary(merges);
}

function countPieces(texts: Iterable<string>): Piece[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const pieces = splitIntoPieces(text).flatMap((piece) => piece.match(withinWhichToMerge) ?? []);
    for (const piece of pieces) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => ({ symbols: spell(text), count }));
}

function addPairs(pairs: Map<string, Pair>, piece: Piece, sign: 1 | -1): void {
  for (let index = 0; index + 1 < piece.symbols.length; index += 1) {
    const key = `${piece.symbols[index]} ${piece.symbols[index + 1]}`;
    const pair = pairs.get(key) ?? { count: 0, pieces: new Set() };
    pair.count += sign * piece.count;
    if (sign > 0) pair.pieces.add(piece);
    else pair.pieces.delete(piece);
    pairs.set(key, pair);
  }
}

function mostFrequent(pairs: ReadonlyMap<string, Pair>): string | null {
  let best: string | null = null;
  let most = leastCount - 1;
  for (const [key, { count }] of pairs) {
    if (count > most || (count === most && best !== null && key < best)) [best, most] = [key, count];
  }
  return best;
}

function join(symbols: readonly string[], left: string, right: string): string[] {
  const joined: string[] = [];
  for (let index = 0; index < symbols.length; index += 1) {
    const symbol = symbols[index] ?? '';
    const meets = symbol === left && symbols[index + 1] === right;
    joined.push(meets ? left + right : symbol);
    if (meets) index += 1;
  }
  return joined;
}

/** A byte-level BPE vocabulary, and text to token ids and back with it. */
import { byteCharacters, spell, unspell } from './byte-alphabet.js';
import { splitIntoPieces } from './pre-tokenizer.js';

/** Two spellings that become one token; earlier merges go first. */
export type Merge = readonly [left: string, right: string];

export const specialTokens = {
  endOfText: '<|endoftext|>',
  startOfTurn: '<|im_start|>',
  endOfTurn: '<|im_end|>',
  padding: '<|pad|>',
} as const;

const specials: readonly string[] = Object.values(specialTokens);
const specialPattern = new RegExp(`(${specials.map((token) => token.replace(/\|/g, '\\|')).join('|')})`);

/** Ids are positions: special tokens, then the 256 bytes, then one token a merge. */
export class Vocabulary {
  readonly tokens: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;
  private readonly ranks: ReadonlyMap<string, number>;
  private readonly cache = new Map<string, readonly number[]>();

  constructor(readonly merges: readonly Merge[]) {
    this.tokens = [...specials, ...byteCharacters, ...merges.map(([left, right]) => left + right)];
    this.ids = new Map(this.tokens.map((token, id) => [token, id]));
    this.ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  }

  get specialCount(): number {
    return specials.length;
  }

  /** @throws RangeError when the vocabulary has no such token */
  idOf(token: string): number {
    const id = this.ids.get(token);
    if (id === undefined) throw new RangeError(`no token ${token}`);
    return id;
  }

  /** Token ids of a text; special tokens written in it become themselves. */
  encode(text: string): number[] {
    return text
      .split(specialPattern)
      .flatMap((part) =>
        specials.includes(part)
          ? this.idOf(part)
          : splitIntoPieces(part).flatMap((piece) => this.encodePiece(piece)),
      );
  }

  /** The text of token ids; special tokens are written out. */
  decode(ids: readonly number[]): string {
    const bytes = ids.flatMap((id) => {
      const token = this.tokens[id] ?? '';
      return id < specials.length ? [...Buffer.from(token)] : [...unspell(token)];
    });
    return Buffer.from(bytes).toString('utf8');
  }

  private encodePiece(piece: string): readonly number[] {
    const known = this.cache.get(piece);
    if (known) return known;
    const ids = this.merge(spell(piece)).map((token) => this.idOf(token));
    this.cache.set(piece, ids);
    return ids;
  }

  private merge(symbols: string[]): string[] {
    for (;;) {
      let best = Infinity;
      let at = -1;
      for (let index = 0; index + 1 < symbols.length; index += 1) {
        const rank = this.ranks.get(`${symbols[index]} ${symbols[index + 1]}`);
        if (rank !== undefined && rank < best) [best, at] = [rank, index];
      }
      if (at < 0) return symbols;
      symbols = [...symbols.slice(0, at), `${symbols[at]}${symbols[at + 1]}`, ...symbols.slice(at + 2)];
    }
  }
}

/**
 * Tells rows that nearly repeat an earlier one.
 *
 * Texts are compared as sets of three neighbouring words (each Chinese, Japanese or Korean character is a word) by MinHash: 32 hashes,
 * looked up in 8 bands of 4. Two texts whose sets overlap by 80 % meet in a band with probability 0.99, by 50 % with 0.4; those that meet
 * count when at least 26 of the 32 hashes agree, which is an overlap of about 80 %.
 *
 * @source Broder 1997, On the resemblance and containment of documents
 */
import { seededRandom } from '../../../common/random/seeded-random.js';
import { normalise } from './data-row.js';

const hashCount = 32;
const rowsInBand = 4;
const wantedAgreement = 26;
const wordsInShingle = 3;

const random = seededRandom(20_231);
/** Odd, so that multiplying shuffles all of 32 bits. */
const multipliers = Uint32Array.from({ length: hashCount }, () => ((random() * 2 ** 32) >>> 0) | 1);
const offsets = Uint32Array.from({ length: hashCount }, () => (random() * 2 ** 32) >>> 0);

export class NearDuplicates {
  private readonly bands = Array.from({ length: hashCount / rowsInBand }, () => new Map<string, number>());
  private readonly signatures: Uint32Array[] = [];

  /** @returns whether the text nearly repeats one that was seen before */
  see(text: string): boolean {
    const signature = toSignature(text);
    const candidates = new Set<number>();
    const index = this.signatures.push(signature) - 1;
    for (const [band, seen] of this.bands.entries()) {
      const key = signature.subarray(band * rowsInBand, (band + 1) * rowsInBand).join();
      const earlier = seen.get(key);
      if (earlier === undefined) seen.set(key, index);
      else candidates.add(earlier);
    }
    return [...candidates].some((candidate) => {
      const other = this.signatures[candidate];
      return other !== undefined && countEqual(signature, other) >= wantedAgreement;
    });
  }
}

function toSignature(text: string): Uint32Array {
  const words = normalise(text).match(
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{L}\p{N}]+/gu,
  );
  const signature = new Uint32Array(hashCount).fill(0xffff_ffff);
  const last = Math.max(0, (words?.length ?? 0) - wordsInShingle);
  for (let start = 0; start <= last; start++) {
    const shingle = hashText((words ?? []).slice(start, start + wordsInShingle).join(' '));
    for (let index = 0; index < hashCount; index++) {
      const mixed = scramble(Math.imul(shingle, multipliers[index] ?? 1) + (offsets[index] ?? 0));
      if (mixed < (signature[index] ?? 0)) signature[index] = mixed;
    }
  }
  return signature;
}

/** 32 bits. @source FNV-1a, Fowler, Noll & Vo, public domain */
function hashText(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  return state >>> 0;
}

/** The high bits of a product depend on all of the number, the low ones do not. @source MurmurHash3's finaliser, Appleby, public domain */
function scramble(value: number): number {
  let state = value >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

function countEqual(a: Uint32Array, b: Uint32Array): number {
  return a.reduce((count, value, index) => count + Number(value === b[index]), 0);
}

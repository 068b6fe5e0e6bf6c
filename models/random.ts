/** Random numbers that are the same on every machine for the same seed, which is a name here. */
import { seededRandom } from '../common/random/seeded-random.js';

/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * A generator of its own for every purpose, so that adding one purpose does not shift the others.
 *
 * @param seed  the purpose's name
 */
export function createRandom(seed: string): Random {
  return seededRandom(hash(seed));
}

/** FNV-1a over UTF-16 units, finished with a mixer; 32 bits, unsigned. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** @throws RangeError when there is nothing to pick from */
export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('cannot pick from an empty list');
  return item;
}

/** A shuffled copy (Fisher-Yates). */
export function shuffle<T>(random: Random, items: readonly T[]): T[] {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}

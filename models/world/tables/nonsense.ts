/** Words that do not exist, so that the model learns to say that it does not know a word. */
import { createRandom, pick } from '../../random.js';
import type { Table } from '../table.js';

const onsets = 'b br d dr f fl g gl gr j k kl m n p pl qu r s sk sn t tr v w y z zw'.split(' ');
const vowels = 'a e i o u ee oo ai'.split(' ');
const codas = 'b ck d f g l m n nd p rk rt sh st t x zz'.split(' ');

const wordCount = 400;

export const nonsense: Table = {
  name: 'nonsense',
  rows: invent().map((word) => ({ id: word, en: { word } })),
};

function invent(): string[] {
  const random = createRandom('nonsense');
  const words = new Set<string>();
  while (words.size < wordCount) {
    const first = pick(random, onsets) + pick(random, vowels);
    words.add(first + pick(random, onsets) + pick(random, vowels) + pick(random, codas));
  }
  return [...words];
}

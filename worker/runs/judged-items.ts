import type { Item } from '../data/tokenise.js';

/** Items with what the reference said of them; `refLogProbs[item][sequence]`, empty where the kind needs none. */
export interface JudgedItems {
  items: readonly Item[];
  refLogProbs: readonly (readonly number[])[];
}

/** From an item's answers to the unit that a kind of run learns from. */
import type { OfflineKind } from '../../common/contracts/runs.js';
import type { Item } from '../data/tokenise.js';
import type { Answer, PairUnit, TextUnit, UnitOf } from '../rlhf/algorithm.js';

type UnitBuilder<K extends OfflineKind> = (item: Item, answers: readonly Answer[]) => UnitOf[K][];

/** Packed items hold several texts. */
const texts = (_item: Item, answers: readonly Answer[]): TextUnit[] => answers.map((answer) => ({ answer }));

const pair = (_item: Item, [chosen, rejected]: readonly Answer[]): PairUnit[] =>
  chosen && rejected ? [{ chosen, rejected }] : [];

export const unitBuilders: { [K in OfflineKind]: UnitBuilder<K> } = {
  sft: texts,
  pretrain: texts,
  reward: ({ margins }, answers) => [{ answers, margins }],
  dpo: pair,
  orpo: pair,
  simpo: pair,
  kto: ({ desirable }, [answer, mismatched]) =>
    answer && mismatched ? [{ answer, mismatched, desirable }] : [],
};

/** The builder of one kind, typed by it. */
export function unitBuilderOf<K extends OfflineKind>(kind: K): UnitBuilder<K> {
  return unitBuilders[kind];
}

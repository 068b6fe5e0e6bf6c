import { describe, expect, it } from 'vitest';
import type { DataKind } from '../../common/contracts/dataset-formats.js';
import { splitRows, type SplitRow } from '../../server/datasets/rows/split-rows.js';

const settings = { heldOutFraction: 0.2, seed: 7 };

/** `people` people ask `each` questions; every `shared`-th of them is one that all ask. */
function rowsOf(people: number, each: number, { shared = 0, kind = 'kto' as DataKind } = {}): SplitRow[] {
  return Array.from({ length: people * each }, (_, index) => {
    const person = `person ${index % people}`;
    const isShared = shared > 0 && index % shared === 0;
    return { kind, promptHash: isShared ? 'hello' : `${person} asks ${index} for ${kind}`, people: [person] };
  });
}

const sides = (
  rows: readonly SplitRow[],
  splits: readonly (string | null)[],
  keysOf: (row: SplitRow) => readonly string[],
) => {
  const of = (split: string) =>
    new Set(rows.flatMap((row, index) => (splits[index] === split ? keysOf(row) : [])));
  return { train: of('train'), heldOut: of('held_out') };
};
const overlap = ({ train, heldOut }: { train: Set<string>; heldOut: Set<string> }) =>
  [...heldOut].filter((key) => train.has(key));
const count = (splits: readonly (string | null)[], split: string | null) =>
  splits.filter((one) => one === split).length;

describe('the split of a dataset', () => {
  it('keeps prompts and people apart where there are enough people', () => {
    const rows = rowsOf(20, 10);
    const { splits, report } = splitRows(rows, settings);
    expect(report).toMatchObject({ rule: 'prompt_and_person', people: 20, heldOutPeople: 4, leftOut: 0 });
    expect(count(splits, 'held_out')).toBe(40);
    expect(overlap(sides(rows, splits, ({ people }) => people))).toEqual([]);
    expect(overlap(sides(rows, splits, ({ promptHash }) => [promptHash]))).toEqual([]);
  });

  it('leaves out what held-out people asked like everybody else', () => {
    const rows = rowsOf(20, 10, { shared: 11 });
    const { splits, report } = splitRows(rows, settings);
    expect(report.rule).toBe('prompt_and_person');
    expect(report.leftOut).toBeGreaterThan(0);
    expect(count(splits, null)).toBe(report.leftOut);
    expect(overlap(sides(rows, splits, ({ people }) => people))).toEqual([]);
    expect(overlap(sides(rows, splits, ({ promptHash }) => [promptHash]))).toEqual([]);
  });

  it.each([
    ['too few people', rowsOf(9, 10)],
    ['people who all ask the same', rowsOf(20, 10, { shared: 2 })],
  ])('falls back to prompts alone with %s, and says so', (_, rows) => {
    const { splits, report } = splitRows(rows, settings);
    expect(report).toMatchObject({ rule: 'prompt', heldOutPeople: 0, leftOut: 0 });
    expect(count(splits, 'held_out')).toBeGreaterThan(0);
    expect(overlap(sides(rows, splits, ({ promptHash }) => [promptHash]))).toEqual([]);
  });

  it('gives every kind its share', () => {
    const rows = [
      ...rowsOf(1, 100),
      ...rowsOf(1, 10, { kind: 'sft' }),
      ...rowsOf(1, 30, { kind: 'preference' }),
    ];
    const unique = rows.map((row, index) => ({ ...row, promptHash: `prompt ${index}` }));
    const { splits } = splitRows(unique, settings);
    const held = (kind: DataKind) =>
      unique.filter((row, index) => row.kind === kind && splits[index] === 'held_out').length;
    expect([held('kto'), held('sft'), held('preference')]).toEqual([20, 2, 6]);
  });

  /** 12 people with thumbs, prompts of a set, and comparisons by as many of those people. */
  const mixedKinds = (judges: number, comparisons: number) => [
    ...rowsOf(12, 50),
    ...rowsOf(judges, comparisons / judges, { kind: 'preference' }),
    ...Array.from({ length: 200 }, (_, index) => ({
      kind: 'prompt' as const,
      promptHash: `set asks ${index}`,
      people: [],
    })),
  ];
  const heldOf = (rows: readonly SplitRow[], splits: readonly (string | null)[], kind: DataKind) =>
    count(
      splits.filter((_, index) => rows[index]?.kind === kind),
      'held_out',
    );

  it('gives every kind its share by person too, and prompts that nobody asked theirs', () => {
    const rows = mixedKinds(12, 120);
    const { splits, report } = splitRows(rows, settings);
    expect(report).toMatchObject({ rule: 'prompt_and_person', leftOut: 0 });
    expect(heldOf(rows, splits, 'kto')).toBe(150);
    expect(heldOf(rows, splits, 'preference')).toBe(30);
    expect(heldOf(rows, splits, 'prompt')).toBe(40);
    expect(overlap(sides(rows, splits, ({ people }) => people))).toEqual([]);
    expect(overlap(sides(rows, splits, ({ promptHash }) => [promptHash]))).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'splits by prompts alone where one person made all comparisons, whoever is drawn first (seed %i)',
    (seed) => {
      const rows = mixedKinds(1, 80);
      const { splits, report } = splitRows(rows, { ...settings, seed });
      expect(report).toMatchObject({ rule: 'prompt', leftOut: 0 });
      expect(heldOf(rows, splits, 'kto')).toBe(120);
      expect(heldOf(rows, splits, 'preference')).toBe(16);
      expect(heldOf(rows, splits, 'prompt')).toBe(40);
    },
  );

  it('keeps in training what is alone of its kind', () => {
    const rows = [...rowsOf(20, 10), ...rowsOf(1, 1, { kind: 'sft' })];
    for (const people of [(row: SplitRow) => row.people, () => []])
      for (let seed = 0; seed < 20; seed++) {
        const asked = rows.map((row, index) => ({
          ...row,
          promptHash: `prompt ${index}`,
          people: people(row),
        }));
        expect(splitRows(asked, { ...settings, seed }).splits.at(-1)).toBe('train');
      }
  });

  it('leaves rows of other datasets in the part they had, and what opens alike on their side', () => {
    const kept = (promptHash: string, keptSplit: 'train' | 'held_out') => ({
      kind: 'kto' as const,
      promptHash,
      people: ['person 0'],
      keptSplit,
    });
    const ask = (promptHash: string) => ({ kind: 'kto' as const, promptHash, people: ['person 1'] });
    const rows = [
      kept('old', 'train'),
      kept('judged', 'held_out'),
      kept('both', 'held_out'),
      kept('both', 'train'),
      ask('old'),
      ask('judged'),
      ...rowsOf(9, 10),
    ];
    for (let seed = 0; seed < 10; seed++)
      for (const heldOutFraction of [0, 0.5]) {
        const { splits } = splitRows(rows, { heldOutFraction, seed });
        expect(splits.slice(0, 6)).toEqual(['train', 'held_out', null, 'train', 'train', 'held_out']);
      }
  });

  it('holds out nobody whose rows were trained on', () => {
    const fresh = rowsOf(20, 10);
    const trained = fresh
      .filter((_, index) => index % 20 < 10)
      .map((row) => ({ ...row, promptHash: `${row.promptHash} before`, keptSplit: 'train' as const }));
    const rows = [...fresh, ...trained];
    for (let seed = 0; seed < 10; seed++) {
      const { splits, report } = splitRows(rows, { ...settings, seed });
      expect(report).toMatchObject({ rule: 'prompt_and_person', heldOutPeople: 4 });
      expect(overlap(sides(rows, splits, ({ people }) => people))).toEqual([]);
    }
  });

  describe('beside a dataset that held out whole people', () => {
    const fresh = rowsOf(20, 10);
    const isHeld = ({ people }: SplitRow) => ['person 3', 'person 8'].includes(people[0] ?? '');
    /** Of the first ten people. */
    const kept = fresh
      .filter((_, index) => index % 20 < 10)
      .map((row) => ({
        ...row,
        promptHash: `${row.promptHash} before`,
        keptSplit: isHeld(row) ? ('held_out' as const) : ('train' as const),
      }));
    const split = (rows: readonly SplitRow[], seed: number) => {
      const { splits, report } = splitRows(rows, { ...settings, seed });
      const held = rows.filter((row, index) => isHeld(row) && splits[index] === 'held_out');
      return { heldAgain: held.length, report };
    };

    it('holds them out again, whatever they asked since', () => {
      for (let seed = 0; seed < 10; seed++)
        expect(split([...kept, ...fresh], seed)).toMatchObject({
          heldAgain: 20 + 20,
          report: { rule: 'prompt_and_person', heldOutPeople: 4, leftOut: 0 },
        });
    });

    it('lets what they ask again join it', () => {
      const again = kept.filter(isHeld).map((row) => ({ ...row, keptSplit: null }));
      for (let seed = 0; seed < 10; seed++)
        expect(split([...kept, ...fresh, ...again], seed)).toMatchObject({
          heldAgain: 20 + 20 + 20,
          report: { leftOut: 0 },
        });
    });

    it('splits by prompts alone where too much would be left out of people who ask what was held out', () => {
      const promptHash = kept.find(isHeld)?.promptHash ?? '';
      const rows = (count: number) => [
        ...kept,
        ...fresh.map((row, index) => (index % 20 < count && !isHeld(row) ? { ...row, promptHash } : row)),
      ];
      expect(split(rows(1), 1).report).toMatchObject({ rule: 'prompt_and_person', leftOut: 10 });
      expect(split(rows(6), 1).report).toMatchObject({ rule: 'prompt', leftOut: 0 });
    });

    it('splits by prompts alone where they gave most of what is new', () => {
      const own = rowsOf(1, 300).map((row) => ({ ...row, people: ['person 3'] }));
      expect(split([...kept, ...fresh, ...own], 1).report).toMatchObject({ rule: 'prompt', leftOut: 0 });
    });
  });

  it('is the same for the same seed, and another for another', () => {
    const rows = rowsOf(3, 30);
    const [once, again] = [splitRows(rows, settings), splitRows(rows, settings)];
    expect(again).toEqual(once);
    expect(splitRows(rows, { ...settings, seed: 8 }).splits).not.toEqual(once.splits);
  });

  it('holds out nothing of one prompt, and nothing when nothing is asked for', () => {
    const one = rowsOf(1, 10).map((row) => ({ ...row, promptHash: 'only' }));
    expect(count(splitRows(one, settings).splits, 'held_out')).toBe(0);
    const { splits, report } = splitRows(rowsOf(20, 10), { ...settings, heldOutFraction: 0 });
    expect([report.rule, count(splits, 'train')]).toEqual(['none', 200]);
  });

  it('keeps rows of files in training where a held-out person asked the same', () => {
    const rows = [...rowsOf(20, 10), { kind: 'kto' as const, promptHash: 'file', people: [] }];
    const mixed = rows.map((row, index) => (index < 20 ? { ...row, promptHash: 'file' } : row));
    const { splits } = splitRows(mixed, settings);
    expect(splits.at(-1)).toBe('train');
    expect(overlap(sides(mixed, splits, ({ promptHash }) => [promptHash]))).toEqual([]);
  });
});

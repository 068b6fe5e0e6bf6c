/**
 * Which rows are kept from training: of every kind about its share, and never more than half.
 *
 * By prompt always: rows whose conversations open alike are never on both sides, or held-out figures would judge memory. By person as
 * well where at least 10 people are in the data: some of them are held out whole, and prompts that nobody asked (of sets and files) by
 * themselves. Doing both strictly leaves out rows, since people ask the same things: a row of a held-out person whose prompt others asked
 * too is in neither part. Where that would leave out more than a fifth of people's rows, or leave too little of a kind to judge by, prompts
 * alone decide; the report says which rule it was.
 *
 * Rows of another dataset keep the part that they had there, and others that open alike join them.
 */
import { createHash } from 'node:crypto';
import type { DataKind, DataSplit } from '../../../common/contracts/dataset-formats.js';
import type { SplitReport, SplitSettings } from '../../../common/contracts/datasets.js';
import { HeldOutShares } from './held-out-shares.js';

export interface SplitRow {
  kind: DataKind;
  promptHash: string;
  /** Whose words and judgement it is. */
  people: readonly string[];
  /** The part that it had in the dataset it was taken from. A version may have learnt from it there: it stays what it was. */
  keptSplit?: DataSplit | null;
}

export interface SplitResult {
  /** By the rows' order; null for a row that is left out. */
  splits: (DataSplit | null)[];
  report: SplitReport;
}

interface HeldOut {
  prompts: ReadonlySet<string>;
  /** Null where people may be on both sides. */
  people: ReadonlySet<string> | null;
}

const fewestPeople = 10;
/** Of the rows that people gave. */
const mostLeftOut = 0.2;
/** Asks what came from a set or a file; is never held out. */
const nobody = '';

export function splitRows(rows: readonly SplitRow[], settings: SplitSettings): SplitResult {
  const people = new Set(rows.flatMap((row) => row.people)).size;
  const kept = keepPrompts(rows);
  const free = rows.filter(({ promptHash }) => !kept.has(promptHash));
  const trained = new Set(rows.flatMap((row) => (row.keptSplit === 'train' ? row.people : [])));
  const byPerson = people >= fewestPeople ? splitByPerson(free, trained, settings) : null;
  const heldOut = byPerson ?? { prompts: holdPrompts(free, settings), people: null };
  const splits = rows.map((row) => placeRow(row, heldOut, kept));
  const rule = byPerson ? 'prompt_and_person' : 'prompt';
  return {
    splits,
    report: {
      rule: settings.heldOutFraction === 0 ? 'none' : rule,
      people,
      heldOutPeople: heldOut.people?.size ?? 0,
      leftOut: splits.filter((split) => split === null).length,
    },
  };
}

/** Prompts whose side is settled by rows that keep theirs. What was trained on anywhere cannot be held out any more. */
function keepPrompts(rows: readonly SplitRow[]): Map<string, DataSplit> {
  const kept = new Map<string, DataSplit>();
  for (const { promptHash, keptSplit } of rows)
    if (keptSplit && kept.get(promptHash) !== 'train') kept.set(promptHash, keptSplit);
  return kept;
}

function placeRow(
  { promptHash, people, keptSplit }: SplitRow,
  heldOut: HeldOut,
  kept: ReadonlyMap<string, DataSplit>,
): DataSplit | null {
  const side = kept.get(promptHash) ?? (heldOut.prompts.has(promptHash) ? 'held_out' : 'train');
  if (keptSplit) return keptSplit === side ? side : null;
  const held = heldOut.people;
  if (held === null) return side;
  const isWhole = people.every((person) => held.has(person) === (side === 'held_out'));
  return isWhole ? side : null;
}

/** @returns the prompts that are held out */
function holdPrompts(rows: readonly SplitRow[], { heldOutFraction, seed }: SplitSettings): Set<string> {
  const groups = groupBy(rows, ({ promptHash }) => promptHash);
  const shares = new HeldOutShares(countKinds(rows), heldOutFraction);
  const held = new Set<string>();
  for (const prompt of inSeededOrder(groups.keys(), seed)) {
    const sizes = countKinds(groups.get(prompt) ?? []);
    if (!shares.wants(sizes.keys()) || !shares.fits(sizes)) continue;
    held.add(prompt);
    shares.hold(sizes);
  }
  return held;
}

/**
 * @param trained  people whose rows were trained on already; they are not held out
 * @returns null where the people's prompts overlap too much, or a kind is in too few hands
 */
function splitByPerson(
  rows: readonly SplitRow[],
  trained: ReadonlySet<string>,
  settings: SplitSettings,
): HeldOut | null {
  const asked = new Set(rows.flatMap(({ people, promptHash }) => (people.length > 0 ? [promptHash] : [])));
  const ofPeople = rows.filter(({ promptHash }) => asked.has(promptHash));
  const ofNobody = rows.filter(({ promptHash }) => !asked.has(promptHash));
  const { people, prompts, isEnough } = holdPeople(ofPeople, trained, settings);
  const leftOut = ofPeople.filter(
    (row) => !prompts.has(row.promptHash) && row.people.some((person) => people.has(person)),
  );
  if (!isEnough || leftOut.length > ofPeople.length * mostLeftOut) return null;
  return { people, prompts: new Set([...prompts, ...holdPrompts(ofNobody, settings)]) };
}

/** @returns who is held out, the prompts that they alone asked, and whether that leaves enough to judge by */
function holdPeople(
  rows: readonly SplitRow[],
  trained: ReadonlySet<string>,
  { heldOutFraction, seed }: SplitSettings,
): { people: Set<string>; prompts: Set<string>; isEnough: boolean } {
  const groups = groupBy(rows, ({ promptHash }) => promptHash);
  const askersLeft = new Map(
    [...groups].map(([prompt, group]) => [prompt, new Set(group.flatMap(toAskers))] as const),
  );
  const acts = rows.flatMap(({ people: its, ...row }) => its.map((person) => ({ ...row, person })));
  const byPerson = groupBy(acts, ({ person }) => person);

  const shares = new HeldOutShares(countKinds(rows), heldOutFraction);
  const people = new Set<string>();
  const prompts = new Set<string>();
  for (const person of inSeededOrder(byPerson.keys(), seed)) {
    if (people.size >= byPerson.size / 2) break;
    if (trained.has(person)) continue;
    const own = byPerson.get(person) ?? [];
    const itsPrompts = new Set(own.map(({ promptHash }) => promptHash));
    // Others who asked them are held out already, or nobody else did.
    const freed = [...itsPrompts].filter((prompt) => askersLeft.get(prompt)?.size === 1);
    const sizes = countKinds(freed.flatMap((prompt) => groups.get(prompt) ?? []));
    if (!shares.wants(countKinds(own).keys()) || !shares.fits(sizes)) continue;
    people.add(person);
    shares.hold(sizes);
    for (const prompt of itsPrompts) askersLeft.get(prompt)?.delete(person);
    for (const prompt of freed) prompts.add(prompt);
  }
  return { people, prompts, isEnough: shares.areMet };
}

const toAskers = ({ people }: SplitRow) => (people.length > 0 ? people : [nobody]);

function countKinds(rows: readonly Pick<SplitRow, 'kind'>[]): Map<DataKind, number> {
  const counts = new Map<DataKind, number>();
  for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function inSeededOrder(keys: Iterable<string>, seed: number): string[] {
  const hashed = [...keys].map(
    (key) => [createHash('sha256').update(`${seed}\n${key}`).digest('hex'), key] as const,
  );
  return hashed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}

/**
 * Which rows are kept from training: of every kind about its share, and never more than half.
 *
 * By prompt always: rows whose conversations open alike are never on both sides, or held-out figures would judge memory. By person as
 * well where at least 10 people are in the data: some of them are held out whole, and prompts that nobody asked (of sets and files) by
 * themselves. Doing both strictly leaves out rows, since people ask the same things: a row of a held-out person whose prompt others asked
 * too is in neither part. Where that would leave out more than a fifth of people's rows, or leave too little of a kind to judge by, prompts
 * alone decide; the report says which rule it was.
 *
 * Rows of another dataset keep the part that they had there, and others that open alike join them. People of whom that held out all are
 * the first to be held out here.
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

interface Kept {
  prompts: ReadonlyMap<string, DataSplit>;
  people: ReadonlyMap<string, DataSplit>;
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
  const kept = keepParts(rows);
  const mayHoldPeople = people >= fewestPeople && settings.heldOutFraction > 0;
  const byPerson = mayHoldPeople ? splitByPerson(rows, kept, settings) : null;
  const heldOut = byPerson ?? { prompts: holdPrompts(listFree(rows, kept), settings), people: null };
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

/** Prompts and people whose side is settled by rows that keep theirs. What was trained on anywhere cannot be held out any more. */
function keepParts(rows: readonly SplitRow[]): Kept {
  const [prompts, people] = [new Map<string, DataSplit>(), new Map<string, DataSplit>()];
  const keep = (sides: Map<string, DataSplit>, key: string, side: DataSplit) => {
    if (sides.get(key) !== 'train') sides.set(key, side);
  };
  for (const { promptHash, people: its, keptSplit } of rows) {
    if (!keptSplit) continue;
    keep(prompts, promptHash, keptSplit);
    for (const person of its) keep(people, person, keptSplit);
  }
  return { prompts, people };
}

const listFree = (rows: readonly SplitRow[], kept: Kept) =>
  rows.filter(({ promptHash }) => !kept.prompts.has(promptHash));

function placeRow(
  { promptHash, people, keptSplit }: SplitRow,
  heldOut: HeldOut,
  kept: Kept,
): DataSplit | null {
  const side = kept.prompts.get(promptHash) ?? (heldOut.prompts.has(promptHash) ? 'held_out' : 'train');
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

/** @returns null where the people's prompts overlap too much, or a kind is in too few hands */
function splitByPerson(rows: readonly SplitRow[], kept: Kept, settings: SplitSettings): HeldOut | null {
  const free = listFree(rows, kept);
  const asked = new Set(free.flatMap(({ people, promptHash }) => (people.length > 0 ? [promptHash] : [])));
  const ofPeople = free.filter(({ promptHash }) => asked.has(promptHash));
  const ofNobody = free.filter(({ promptHash }) => !asked.has(promptHash));
  const { people, prompts, isFit } = holdPeople(ofPeople, kept.people, settings);
  const heldOut = { people, prompts: new Set([...prompts, ...holdPrompts(ofNobody, settings)]) };
  const given = rows.filter((row) => !row.keptSplit && row.people.length > 0);
  const leftOut = given.filter((row) => placeRow(row, heldOut, kept) === null);
  return isFit && leftOut.length <= given.length * mostLeftOut ? heldOut : null;
}

/**
 * @param kept  whose side is settled
 * @returns who is held out, the prompts that they alone asked, and whether that is enough to judge by and leaves enough to train on
 */
function holdPeople(
  rows: readonly SplitRow[],
  kept: Kept['people'],
  { heldOutFraction, seed }: SplitSettings,
): { people: Set<string>; prompts: Set<string>; isFit: boolean } {
  const groups = groupBy(rows, ({ promptHash }) => promptHash);
  const askersLeft = new Map(
    [...groups].map(([prompt, group]) => [prompt, new Set(group.flatMap(toAskers))] as const),
  );
  const acts = rows.flatMap(({ people: its, ...row }) => its.map((person) => ({ ...row, person })));
  const byPerson = groupBy(acts, ({ person }) => person);

  const promptsOf = (person: string) =>
    new Set((byPerson.get(person) ?? []).map(({ promptHash }) => promptHash));
  // Others who asked them are held out already, or nobody else did.
  const freedBy = (person: string) =>
    [...promptsOf(person)].filter((prompt) => askersLeft.get(prompt)?.size === 1);
  const countOf = (freed: readonly string[]) =>
    countKinds(freed.flatMap((prompt) => groups.get(prompt) ?? []));

  const shares = new HeldOutShares(countKinds(rows), heldOutFraction);
  const people = new Set<string>();
  const prompts = new Set<string>();
  const hold = (person: string) => {
    const freed = freedBy(person);
    people.add(person);
    shares.hold(countOf(freed));
    for (const prompt of promptsOf(person)) askersLeft.get(prompt)?.delete(person);
    for (const prompt of freed) prompts.add(prompt);
  };
  for (const [person, side] of kept) if (side === 'held_out') hold(person);
  const most = new Set([...byPerson.keys(), ...people]).size / 2;
  for (const person of inSeededOrder(byPerson.keys(), seed)) {
    if (people.size >= most) break;
    const kinds = countKinds(byPerson.get(person) ?? []).keys();
    if (!kept.has(person) && shares.wants(kinds) && shares.fits(countOf(freedBy(person)))) hold(person);
  }
  return { people, prompts, isFit: shares.areFit };
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

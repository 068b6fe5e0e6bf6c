/**
 * Which rows are kept from training: of every kind about its share, and never more than half.
 *
 * By prompt always: rows whose conversations open alike are never on both sides, or held-out figures would judge memory. By person as
 * well where at least 10 people are in the data: some of them are held out whole, and prompts that nobody asked (of sets and files) by
 * themselves. Doing both strictly leaves out rows, since people ask the same things: a row of a held-out person whose prompt others asked
 * too is in neither part. Where that would leave out more than a fifth of people's rows, or leave too little of a kind to judge by, prompts
 * alone decide; the report says which rule it was.
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
}

export interface SplitResult {
  /** By the rows' order; null for a row that is left out. */
  splits: (DataSplit | null)[];
  report: SplitReport;
}

const fewestPeople = 10;
/** Of the rows that people gave. */
const mostLeftOut = 0.2;
/** Asks what came from a set or a file; is never held out. */
const nobody = '';

export function splitRows(rows: readonly SplitRow[], settings: SplitSettings): SplitResult {
  const people = new Set(rows.flatMap((row) => row.people)).size;
  if (settings.heldOutFraction === 0)
    return toResult('none', { splits: rows.map(() => 'train'), people, heldOutPeople: 0 });
  const byPerson = people >= fewestPeople ? splitByPerson(rows, settings) : null;
  if (byPerson) return toResult('prompt_and_person', { ...byPerson, people });
  return toResult('prompt', { splits: splitByPrompt(rows, settings), people, heldOutPeople: 0 });
}

function toResult(
  rule: SplitReport['rule'],
  { splits, people, heldOutPeople }: { splits: SplitResult['splits']; people: number; heldOutPeople: number },
): SplitResult {
  const leftOut = splits.filter((split) => split === null).length;
  return { splits, report: { rule, people, heldOutPeople, leftOut } };
}

function splitByPrompt(rows: readonly SplitRow[], settings: SplitSettings): DataSplit[] {
  const held = holdPrompts(rows, settings);
  return rows.map(({ promptHash }) => (held.has(promptHash) ? 'held_out' : 'train'));
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
function splitByPerson(
  rows: readonly SplitRow[],
  settings: SplitSettings,
): { splits: SplitResult['splits']; heldOutPeople: number } | null {
  const asked = new Set(rows.flatMap(({ people, promptHash }) => (people.length > 0 ? [promptHash] : [])));
  const [ofPeople, ofNobody] = [
    rows.filter(({ promptHash }) => asked.has(promptHash)),
    rows.filter(({ promptHash }) => !asked.has(promptHash)),
  ];
  const people = holdPeople(ofPeople, settings);
  const prompts = holdPrompts(ofNobody, settings);
  const splits = rows.map(({ people: its, promptHash }) => {
    if (people.prompts.has(promptHash) || prompts.has(promptHash)) return 'held_out' as const;
    return its.some((person) => people.held.has(person)) ? null : ('train' as const);
  });
  const leftOut = splits.filter((split) => split === null).length;
  if (!people.isEnough || leftOut > ofPeople.length * mostLeftOut) return null;
  return { splits, heldOutPeople: people.held.size };
}

/** @returns who is held out, the prompts that they alone asked, and whether that leaves enough to judge by */
function holdPeople(
  rows: readonly SplitRow[],
  { heldOutFraction, seed }: SplitSettings,
): { held: Set<string>; prompts: Set<string>; isEnough: boolean } {
  const groups = groupBy(rows, ({ promptHash }) => promptHash);
  const askersLeft = new Map(
    [...groups].map(([prompt, group]) => [prompt, new Set(group.flatMap(toAskers))] as const),
  );
  const acts = rows.flatMap(({ people, ...row }) => people.map((person) => ({ ...row, person })));
  const byPerson = groupBy(acts, ({ person }) => person);

  const shares = new HeldOutShares(countKinds(rows), heldOutFraction);
  const held = new Set<string>();
  const prompts = new Set<string>();
  for (const person of inSeededOrder(byPerson.keys(), seed)) {
    if (held.size >= byPerson.size / 2) break;
    const own = byPerson.get(person) ?? [];
    const itsPrompts = new Set(own.map(({ promptHash }) => promptHash));
    // Others who asked them are held out already, or nobody else did.
    const freed = [...itsPrompts].filter((prompt) => askersLeft.get(prompt)?.size === 1);
    const sizes = countKinds(freed.flatMap((prompt) => groups.get(prompt) ?? []));
    if (!shares.wants(countKinds(own).keys()) || !shares.fits(sizes)) continue;
    held.add(person);
    shares.hold(sizes);
    for (const prompt of itsPrompts) askersLeft.get(prompt)?.delete(person);
    for (const prompt of freed) prompts.add(prompt);
  }
  return { held, prompts, isEnough: shares.areMet };
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

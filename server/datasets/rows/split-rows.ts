/**
 * Which rows are kept from training.
 *
 * By prompt always: rows whose conversations open alike are never on both sides, or held-out figures would judge memory. By person as
 * well where at least 10 people are in the data: some of them are held out whole. Doing both strictly leaves out rows, since people ask
 * the same things: a row of a held-out person whose prompt others asked too is in neither part. Where that would leave out more than a
 * fifth of the rows, or leave too little to judge by, prompts alone decide; the report says which rule it was.
 */
import { createHash } from 'node:crypto';
import type { DataKind, DataSplit } from '../../../common/contracts/dataset-formats.js';
import type { SplitReport, SplitSettings } from '../../../common/contracts/datasets.js';

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
const mostLeftOut = 0.2;

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

/** Every kind gets about its share, by whole prompts, and keeps at least half of its rows. */
function splitByPrompt(rows: readonly SplitRow[], { heldOutFraction, seed }: SplitSettings): DataSplit[] {
  const totals = countKinds(rows);
  const groups = groupBy(rows, ({ promptHash }) => promptHash);
  const held = new Map<DataKind, number>();
  const heldPrompts = new Set<string>();
  for (const prompt of inSeededOrder(groups.keys(), seed)) {
    const sizes = [...countKinds(groups.get(prompt) ?? [])];
    const isWanted = sizes.some(
      ([kind]) => (held.get(kind) ?? 0) < (totals.get(kind) ?? 0) * heldOutFraction,
    );
    const fits = sizes.every(([kind, size]) => {
      const total = totals.get(kind) ?? 0;
      const after = (held.get(kind) ?? 0) + size;
      return after <= Math.max(1, total * heldOutFraction) || after <= total / 2;
    });
    if (!isWanted || !fits) continue;
    heldPrompts.add(prompt);
    for (const [kind, size] of sizes) held.set(kind, (held.get(kind) ?? 0) + size);
  }
  // One prompt alone cannot be on both sides.
  if (heldPrompts.size === groups.size) heldPrompts.clear();
  return rows.map(({ promptHash }) => (heldPrompts.has(promptHash) ? 'held_out' : 'train'));
}

/** @returns null where the people's prompts overlap too much */
function splitByPerson(
  rows: readonly SplitRow[],
  { heldOutFraction, seed }: SplitSettings,
): { splits: SplitResult['splits']; heldOutPeople: number } | null {
  const byPrompt = groupBy(rows, ({ promptHash }) => promptHash);
  const peopleLeft = new Map(
    [...byPrompt].map(([prompt, group]) => [prompt, new Set(group.flatMap(({ people }) => people))] as const),
  );
  const promptsOf = new Map<string, Set<string>>();
  for (const [prompt, people] of peopleLeft)
    for (const person of people) promptsOf.set(person, (promptsOf.get(person) ?? new Set()).add(prompt));

  const wanted = rows.length * heldOutFraction;
  const heldPeople = new Set<string>();
  let heldRows = 0;
  for (const person of inSeededOrder(promptsOf.keys(), seed)) {
    if (heldRows >= wanted || heldPeople.size >= promptsOf.size / 2) break;
    heldPeople.add(person);
    for (const prompt of promptsOf.get(person) ?? []) {
      const left = peopleLeft.get(prompt);
      left?.delete(person);
      if (left?.size === 0) heldRows += byPrompt.get(prompt)?.length ?? 0;
    }
  }
  const splits = rows.map(({ people, promptHash }) => {
    if (!people.some((person) => heldPeople.has(person))) return 'train' as const;
    // An uploaded row is nobody's: its prompt is on the side of training.
    const isClean = peopleLeft.get(promptHash)?.size === 0 && hasPeople(byPrompt.get(promptHash) ?? []);
    return isClean ? ('held_out' as const) : null;
  });
  const leftOut = splits.filter((split) => split === null).length;
  const isEnough = heldRows >= wanted / 2 && heldRows <= rows.length / 2;
  if (!isEnough || leftOut > rows.length * mostLeftOut) return null;
  return { splits, heldOutPeople: heldPeople.size };
}

const hasPeople = (rows: readonly SplitRow[]) => rows.every(({ people }) => people.length > 0);

function countKinds(rows: readonly SplitRow[]): Map<DataKind, number> {
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

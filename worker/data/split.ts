/**
 * Keeps some prompts, and some people, from training. Rows are never split apart from others of the same prompt, or the held-out figures would judge
 * memory. A prompt is told by how its conversation opens, since a later turn of the same conversation holds the earlier ones.
 */
import { createHash } from 'node:crypto';
import type { Example, Text } from '../../common/data/rows.js';

export interface Split {
  train: Example[];
  heldOut: Example[];
}

/**
 * Rows of one person stay together as well, where rows say whose they are and people do not share so many prompts that hardly anything
 * could be held out; prompts alone decide then.
 *
 * @param fraction  share of the examples to hold out; reached by whole groups, never exceeding half; 0 holds out none
 * @param seed      decides which groups
 */
export function splitExamples(examples: readonly Example[], fraction: number, seed: number): Split {
  const byPrompt = (example: Example) => [promptKey(example)];
  const byPerson = (example: Example) => [
    promptKey(example),
    ...(example.person === null ? [] : [`person ${example.person}`]),
  ];
  const wanted = examples.length * fraction;
  const strict = holdOut(groupBy(examples, byPerson), { wanted, seed, total: examples.length });
  const held =
    strict.size >= wanted / 2
      ? strict
      : holdOut(groupBy(examples, byPrompt), { wanted, seed, total: examples.length });
  return {
    train: examples.filter((example) => !held.has(example)),
    heldOut: examples.filter((example) => held.has(example)),
  };
}

function holdOut(
  groups: ReadonlyMap<string, readonly Example[]>,
  { wanted, seed, total }: { wanted: number; seed: number; total: number },
): Set<Example> {
  const held = new Set<Example>();
  for (const key of [...groups.keys()].sort(byHash(seed))) {
    const group = groups.get(key) ?? [];
    if (held.size >= wanted) break;
    if (held.size + group.length <= Math.max(wanted, 1) || held.size + group.length <= total / 2) {
      for (const example of group) held.add(example);
    }
  }
  if (held.size === total) held.clear();
  return held;
}

/** Examples that share a key, directly or through others, under the first key of the group. */
function groupBy(
  examples: readonly Example[],
  keysOf: (example: Example) => readonly string[],
): Map<string, Example[]> {
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    const parent = parents.get(key) ?? key;
    if (parent === key) return key;
    const root = rootOf(parent);
    parents.set(key, root);
    return root;
  };
  for (const example of examples) {
    const [first = '', ...others] = keysOf(example);
    for (const other of others) parents.set(rootOf(other), rootOf(first));
  }
  const groups = new Map<string, Example[]>();
  for (const example of examples) {
    const root = rootOf(keysOf(example)[0] ?? '');
    const group = groups.get(root);
    if (group) group.push(example);
    else groups.set(root, [example]);
  }
  return groups;
}

function promptKey({ prompt, answers }: Example): string {
  if (prompt.length > 0) return JSON.stringify(opening(prompt));
  return JSON.stringify(opening(answers[0] ?? ''));
}

/** Everything before the first answer. */
function opening(text: Text): Text {
  if (typeof text === 'string') return text;
  const end = text.findIndex(({ role }) => role === 'assistant');
  return end > 0 ? text.slice(0, end) : text;
}

function byHash(seed: number): (a: string, b: string) => number {
  const hashes = new Map<string, string>();
  const hashOf = (key: string) => {
    const known = hashes.get(key);
    if (known !== undefined) return known;
    const hash = createHash('sha256').update(`${seed}\n${key}`).digest('hex');
    hashes.set(key, hash);
    return hash;
  };
  return (a, b) => (hashOf(a) < hashOf(b) ? -1 : 1);
}

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

/** Sets of keys that belong together, as trees; a set is called by one of its keys. */
class KeySets {
  readonly #parents = new Map<string, string>();
  readonly #heights = new Map<string, number>();
  /** By root; a key alone is its own name. */
  readonly #names = new Map<string, string>();

  nameOf(key: string): string {
    const root = this.#rootOf(key);
    return this.#names.get(root) ?? root;
  }

  /**
   * Makes one set of two, under the name of `key`'s: names decide what is held out, and must not depend on how the trees grow. The lower
   * tree goes below the other, so that the way to a root stays short however many keys there are.
   */
  join(key: string, other: string): void {
    const [a, b] = [this.#rootOf(key), this.#rootOf(other)];
    if (a === b) return;
    const name = this.nameOf(key);
    const [low, high] = this.#heightOf(b) > this.#heightOf(a) ? [a, b] : [b, a];
    this.#parents.set(low, high);
    this.#heights.set(high, Math.max(this.#heightOf(high), this.#heightOf(low) + 1));
    this.#names.set(high, name);
  }

  #rootOf(key: string): string {
    let root = key;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root))
      root = parent;
    return root;
  }

  #heightOf(root: string): number {
    return this.#heights.get(root) ?? 0;
  }
}

/** Examples that share a key, directly or through others, under one key of the group. */
function groupBy(
  examples: readonly Example[],
  keysOf: (example: Example) => readonly string[],
): Map<string, Example[]> {
  const sets = new KeySets();
  for (const example of examples) {
    const [first = '', ...others] = keysOf(example);
    for (const other of others) sets.join(first, other);
  }
  const groups = new Map<string, Example[]>();
  for (const example of examples) {
    const name = sets.nameOf(keysOf(example)[0] ?? '');
    const group = groups.get(name);
    if (group) group.push(example);
    else groups.set(name, [example]);
  }
  return groups;
}

/** Tells prompts apart by how their conversations open. */
export function promptKey({ prompt, answers }: Example): string {
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

/**
 * Keeps some prompts from training. Rows are never split apart from others of the same prompt, or the held-out figures would judge
 * memory. A prompt is told by how its conversation opens, since a later turn of the same conversation holds the earlier ones.
 */
import { createHash } from 'node:crypto';
import type { Example, Text } from '../../common/data/rows.js';

export interface Split {
  train: Example[];
  heldOut: Example[];
}

/**
 * @param fraction  share of the examples to hold out; reached by whole prompts, never exceeding half; 0 holds out none
 * @param seed      decides which prompts
 */
export function splitByPrompt(examples: readonly Example[], fraction: number, seed: number): Split {
  const groups = new Map<string, Example[]>();
  for (const example of examples) {
    const key = promptKey(example);
    const group = groups.get(key);
    if (group) group.push(example);
    else groups.set(key, [example]);
  }
  const wanted = examples.length * fraction;
  const held = new Set<Example>();
  for (const key of [...groups.keys()].sort(byHash(seed))) {
    const group = groups.get(key) ?? [];
    if (held.size >= wanted) break;
    if (held.size + group.length <= Math.max(wanted, 1) || held.size + group.length <= examples.length / 2) {
      for (const example of group) held.add(example);
    }
  }
  if (held.size === examples.length) held.clear();
  return {
    train: examples.filter((example) => !held.has(example)),
    heldOut: examples.filter((example) => held.has(example)),
  };
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

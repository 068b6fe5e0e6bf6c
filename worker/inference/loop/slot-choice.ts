/**
 * Where a prompt goes: the slot, and the cache it can begin with. Pure; the batch loop carries out what is chosen.
 *
 * The longest common prefix wins, wherever it lies: in a free slot, in one that answers right now (its beginning is copied), or parked.
 * A prompt that another slot is just reading is waited for, which is how `n` answers, both sides of a comparison and a common system
 * prompt are computed once.
 */
import type { LoraAdapter } from '../../../common/llama/model.js';
import type { Slot } from './slot.js';

/** Tokens that a copy from another slot must save to be worth its while. */
const worthCopying = 32;
/** Tokens that parked caches must save beyond what the slots offer. */
const worthRestoring = 64;

export type Placement =
  /** Until after the next step. */
  | { kind: 'wait' }
  /** Goes on in the slot's own cache. */
  | { kind: 'reuse'; slot: Slot; length: number }
  | { kind: 'copy'; slot: Slot; from: Slot; length: number }
  | { kind: 'restore'; slot: Slot };

export interface PlacementQuestion {
  slots: readonly Slot[];
  prompt: ArrayLike<number>;
  adapter: LoraAdapter | null;
  /** Longest common prefix among the parked caches; 0 for none. */
  parkedLength: number;
  /** Can a slot's cache be gone on from after so many tokens? */
  canCut(slot: Slot, length: number): boolean;
}

/** @returns null when no slot is free */
export function choosePlacement({
  slots,
  prompt,
  adapter,
  parkedLength,
  canCut,
}: PlacementQuestion): Placement | null {
  const free = slots.filter((slot) => slot.answer === null);
  const target = longestIdle(free);
  if (!target) return null;

  const usable = (slot: Slot, tokens: ArrayLike<number>) => {
    const length = usablePrefix(tokens, prompt);
    return canCut(slot, length) ? length : 0;
  };
  const kin = slots.filter((slot) => slot.adapter === adapter);
  const own = best(
    kin.filter((slot) => slot.answer === null),
    (slot) => usable(slot, slot.tokens),
  );
  const other = best(kin, (slot) => usable(slot, slot.tokens));
  const reading = kin.filter((slot) => slot.wanted > 1);
  const upcoming = best(reading, (slot) => usable(slot, slot.answer?.sequence ?? []));

  const offered = Math.max(own.length, other.length, parkedLength);
  if (upcoming.length >= offered + worthCopying) return { kind: 'wait' };
  if (parkedLength >= Math.max(own.length, other.length) + worthRestoring)
    return { kind: 'restore', slot: target };
  if (own.slot && own.length > 0 && own.length >= other.length) {
    // Going on in place throws the rest of that cache away; a conversation that merely begins alike is copied from instead.
    const lost = own.slot.tokens.length - own.length;
    if (lost <= own.length || own.slot === target || own.length < worthCopying)
      return { kind: 'reuse', slot: own.slot, length: own.length };
    return { kind: 'copy', slot: target, from: own.slot, length: own.length };
  }
  if (other.slot && other.length >= own.length + worthCopying)
    return { kind: 'copy', slot: target, from: other.slot, length: other.length };
  if (own.slot && own.length > 0) return { kind: 'reuse', slot: own.slot, length: own.length };
  return { kind: 'reuse', slot: target, length: 0 };
}

/** Common prefix, at most all but the last token of the prompt: that one is computed for its logits. */
export function usablePrefix(cached: ArrayLike<number>, prompt: ArrayLike<number>): number {
  const limit = Math.min(cached.length, prompt.length - 1);
  let length = 0;
  while (length < limit && cached[length] === prompt[length]) length++;
  return length;
}

/** An empty slot first, then the one that was used longest ago. */
function longestIdle(free: readonly Slot[]): Slot | null {
  const rank = (slot: Slot) => (slot.tokens.length === 0 ? -1 : slot.lastUsed);
  return free.reduce<Slot | null>((idle, slot) => (idle && rank(idle) <= rank(slot) ? idle : slot), null);
}

function best(
  slots: readonly Slot[],
  measure: (slot: Slot) => number,
): { slot: Slot | null; length: number } {
  let found: { slot: Slot | null; length: number } = { slot: null, length: 0 };
  for (const slot of slots) {
    const length = measure(slot);
    if (length > found.length) found = { slot, length };
  }
  return found;
}

import { describe, expect, it } from 'vitest';
import type { RunningAnswer } from '../../worker/inference/loop/running-answer.js';
import {
  choosePlacement,
  usablePrefix,
  type PlacementQuestion,
} from '../../worker/inference/loop/slot-choice.js';
import { Slot } from '../../worker/inference/loop/slot.js';

const range = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

type Choice = Partial<Pick<PlacementQuestion, 'parkedLength' | 'canCut'>>;

function slot(
  sequence: number,
  tokens: number[],
  { lastUsed = 0, reads }: { lastUsed?: number; reads?: number[] } = {},
) {
  const made = Object.assign(new Slot(sequence), { tokens, lastUsed });
  // Only the sequence of a running answer matters here.
  if (reads) made.answer = { sequence: reads } as unknown as RunningAnswer;
  return made;
}
const choose = (slots: Slot[], prompt: number[], { parkedLength = 0, canCut = () => true }: Choice = {}) =>
  choosePlacement({ slots, prompt, adapter: null, parkedLength, canCut });

describe('choosing a slot', () => {
  it('goes on where the longest beginning is cached', () => {
    const slots = [slot(0, range(10)), slot(1, range(50)), slot(2, [])];
    expect(choose(slots, range(60))).toMatchObject({ kind: 'reuse', slot: slots[1], length: 50 });
  });

  it('always leaves the last token to be computed', () => {
    expect(usablePrefix(range(10), range(10))).toBe(9);
  });

  it('takes an empty slot, then the one idle longest, when nothing is shared', () => {
    const slots = [slot(0, range(9, 100), { lastUsed: 2 }), slot(1, range(9, 200), { lastUsed: 1 })];
    expect(choose(slots, range(60))).toMatchObject({ kind: 'reuse', slot: slots[1], length: 0 });
    const empty = slot(2, [], { lastUsed: 3 });
    expect(choose([...slots, empty], range(60))).toMatchObject({ slot: empty });
  });

  it('copies a common system prompt rather than spoil a long conversation', () => {
    const conversation = slot(0, [...range(100), ...range(300, 1000)], { lastUsed: 5 });
    const empty = slot(1, []);
    expect(choose([conversation, empty], [...range(100), 7, 8])).toEqual({
      kind: 'copy',
      slot: empty,
      from: conversation,
      length: 100,
    });
  });

  it('copies from a slot that answers right now', () => {
    const busy = slot(0, range(81), { reads: range(82) });
    const free = slot(1, []);
    expect(choose([busy, free], range(80))).toMatchObject({
      kind: 'copy',
      from: busy,
      slot: free,
      length: 79,
    });
  });

  it('waits for a slot that is reading the same prompt', () => {
    const reading = slot(0, range(10), { reads: range(500) });
    expect(choose([reading, slot(1, [])], range(500))).toEqual({ kind: 'wait' });
  });

  it('brings back a parked cache that saves more', () => {
    const slots = [slot(0, range(20))];
    expect(choose(slots, range(400), { parkedLength: 300 })).toMatchObject({ kind: 'restore' });
  });

  it('passes over a cache that cannot be cut to what is shared', () => {
    const [whole, cuttable, empty] = [slot(0, range(100)), slot(1, range(80)), slot(2, [])];
    const canCut = (asked: Slot, length: number) => asked !== whole || length >= 100;
    expect(choose([whole, cuttable, empty], range(60), { canCut })).toMatchObject({ slot: cuttable });
    expect(choose([whole, empty], range(60), { canCut })).toMatchObject({ slot: empty, length: 0 });
    expect(choose([whole, cuttable], range(120), { canCut })).toMatchObject({ slot: whole, length: 100 });
  });

  it('has no place when all slots answer', () => {
    expect(choose([slot(0, range(5), { reads: range(6) })], range(5))).toBeNull();
  });
});

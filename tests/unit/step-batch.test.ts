import { describe, expect, it } from 'vitest';
import type { TokenBatch } from '../../common/llama/token-batch.js';
import type { PromptPace } from '../../worker/inference/loop/prompt-pace.js';
import type { RunningAnswer } from '../../worker/inference/loop/running-answer.js';
import { Slot } from '../../worker/inference/loop/slot.js';
import { StepBatch } from '../../worker/inference/loop/step-batch.js';

const batchTokens = 512;

/** A batch that only counts. */
class CountingBatch {
  count = 0;
  get room(): number {
    return batchTokens - this.count;
  }
  clear(): void {
    this.count = 0;
  }
  add(): number {
    return this.count++;
  }
}

/** Slots that each still want so many tokens, the first of them admitted first. */
function slotsWanting(...wanted: number[]): Slot[] {
  return wanted.map((count, index) => {
    const answer = { sequence: new Array<number>(count).fill(1) } as unknown as RunningAnswer;
    return Object.assign(new Slot(index), { answer, lastUsed: index });
  });
}

/** What a step takes of each, where the pace lets it take `room`. */
function take(slots: readonly Slot[], room: number): number[] {
  const pace = { chunk: (most: number) => Math.min(most, room) } as unknown as PromptPace;
  const batch = new StepBatch(new CountingBatch() as unknown as TokenBatch, pace);
  return batch.fill(slots).map(({ count }) => count);
}

describe('what a step decodes', () => {
  it('is a token of each running answer, and prompts in the order they came', () => {
    expect(take(slotsWanting(1, 60, 1, 40), 100)).toEqual([1, 1, 60, 40]);
  });

  it('takes a prompt whole where at least half of it fits, and leaves those that come after', () => {
    expect(take(slotsWanting(64, 64, 64), 100)).toEqual([64, 64]);
    expect(take(slotsWanting(64, 100, 10), 100)).toEqual([64]);
  });

  it('cuts the first prompt alone, where it is too long for a step', () => {
    expect(take(slotsWanting(400, 20), 100)).toEqual([100]);
  });

  it('never takes more than the batch has room for', () => {
    expect(take(slotsWanting(1, 600, 20), batchTokens)).toEqual([1, 511]);
    expect(take(slotsWanting(300, 300), batchTokens)).toEqual([300]);
  });
});

import { describe, expect, it } from 'vitest';
import { PromptPace } from '../../worker/inference/loop/prompt-pace.js';

/** A machine that takes 10 ms a step and 2 ms more for each prompt token. */
function learnt(): PromptPace {
  const pace = new PromptPace(100);
  for (let step = 0; step < 20; step++) {
    pace.observe({ promptTokens: 0, ms: 10 });
    pace.observe({ promptTokens: 100, ms: 210 });
  }
  return pace;
}

describe('the pace of new prompts beside running answers', () => {
  it('lets many answers be held up by little for one prompt', () => {
    expect(learnt().chunk(512, { answering: 10, reading: 1, waitedMs: 0 })).toBe(55);
  });

  it('lets a crowd in at once when hardly anyone would be held up', () => {
    expect(learnt().chunk(512, { answering: 1, reading: 7, waitedMs: 0 })).toBe(400);
  });

  it('lets them be held up for longer by a prompt that has waited, up to a second', () => {
    expect(learnt().chunk(1000, { answering: 4, reading: 4, waitedMs: 300 })).toBe(250);
    expect(learnt().chunk(1000, { answering: 4, reading: 4, waitedMs: 60_000 })).toBe(600);
  });

  it('never takes more than there is room for, nor so little that a prompt never ends', () => {
    expect(learnt().chunk(64, { answering: 1, reading: 7, waitedMs: 0 })).toBe(64);
    const slow = new PromptPace(100);
    slow.observe({ promptTokens: 16, ms: 16_000 });
    expect(slow.chunk(512, { answering: 4, reading: 1, waitedMs: 0 })).toBe(16);
  });

  it('is careful before the first step has told', () => {
    expect(new PromptPace(100).chunk(512, { answering: 1, reading: 1, waitedMs: 0 })).toBe(64);
  });
});

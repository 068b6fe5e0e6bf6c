import { describe, expect, it } from 'vitest';
import { PromptPace } from '../../worker/inference/loop/prompt-pace.js';

/** A machine that takes `stepMs` a step and 2 ms more for each prompt token. */
function learnt({ stepMs = 10 } = {}): PromptPace {
  const pace = new PromptPace(100);
  for (let step = 0; step < 20; step++) {
    pace.observe({ promptTokens: 0, ms: stepMs });
    pace.observe({ promptTokens: 100, ms: stepMs + 200 });
  }
  return pace;
}

describe('the pace of prompts', () => {
  it('takes steps by which the first of a crowd are answered while the last are read', () => {
    // The square root of 1000 tokens x 2 ms x 80 ms is 400 ms.
    const pace = learnt({ stepMs: 80 });
    expect(pace.chunk(512, { answering: 0, reading: 8, wanted: 1000 })).toBe(200);
    expect(pace.chunk(512, { answering: 1, reading: 7, wanted: 1000 })).toBe(200);
  });

  it('lets answers be held up by the given delay where less would do', () => {
    expect(learnt().chunk(512, { answering: 1, reading: 7, wanted: 200 })).toBe(50);
  });

  it('lets many answers be held up by little for one long prompt', () => {
    expect(learnt({ stepMs: 80 }).chunk(512, { answering: 10, reading: 1, wanted: 4000 })).toBe(55);
  });

  it('reads a prompt that nobody waits beside as fast as it can', () => {
    expect(learnt().chunk(512, { answering: 0, reading: 1, wanted: 4000 })).toBe(512);
  });

  it('never takes more than there is room for, nor so little that a prompt never ends', () => {
    expect(learnt().chunk(32, { answering: 1, reading: 7, wanted: 1000 })).toBe(32);
    const slow = new PromptPace(100);
    slow.observe({ promptTokens: 16, ms: 16_000 });
    expect(slow.chunk(512, { answering: 4, reading: 1, wanted: 64 })).toBe(16);
  });

  it('is careful of running answers before the first step has told', () => {
    expect(new PromptPace(100).chunk(512, { answering: 1, reading: 1, wanted: 1000 })).toBe(64);
    expect(new PromptPace(100).chunk(512, { answering: 0, reading: 2, wanted: 1000 })).toBe(512);
  });

  it('knows no limit where nobody waits for a token', () => {
    expect(new PromptPace(Infinity).chunk(512, { answering: 3, reading: 9, wanted: 9000 })).toBe(512);
  });
});

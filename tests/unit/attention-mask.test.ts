import { describe, expect, it } from 'vitest';
import { attentionMask } from '../../worker/nn/attention-mask.js';
import type { TokenBatch } from '../../worker/nn/batch.js';
import { plainBatch, sharedBatch } from '../support/token-batches.js';

/** One line per query; x where it sees the key. */
function picture(batch: TokenBatch, window?: number): string[] {
  const mask = attentionMask(batch, window);
  const length = batch.rowLength;
  return Array.from({ length: batch.rowCount * length }, (_, line) =>
    Array.from(mask.subarray(line * length, (line + 1) * length), (x) => (x === 0 ? 'x' : '.')).join(''),
  );
}

describe('the attention mask', () => {
  it('lets a token see itself and those before it, and nobody see padding', () => {
    expect(picture(plainBatch([[1, 2, 3], [4]]))).toEqual(['x..', 'xx.', 'xxx', 'x..', '.x.', '..x']);
  });

  it('lets answers see their prompt and themselves, and not each other', () => {
    expect(picture(sharedBatch([1, 2], [[3, 4], [5]]))).toEqual([
      'x....',
      'xx...',
      'xxx..',
      'xxxx.',
      'xx..x',
    ]);
  });

  it('keeps packed examples apart', () => {
    const batch = { ...plainBatch([[1, 2, 3, 4]]), segments: Int32Array.of(0, 0, 1, 1) };
    expect(picture({ ...batch, segmentParents: [Int32Array.of(-1, -1)] })).toEqual([
      'x...',
      'xx..',
      '..x.',
      '..xx',
    ]);
  });

  it('goes up through several ancestors', () => {
    const batch = { ...plainBatch([[1, 2, 3]]), segments: Int32Array.of(0, 1, 2) };
    expect(picture({ ...batch, segmentParents: [Int32Array.of(-1, 0, 1)] })).toEqual(['x..', 'xx.', 'xxx']);
  });

  it('measures a window by positions, so that it reaches back into the prompt alike for every answer', () => {
    expect(picture(sharedBatch([1, 2], [[3, 4], [5]]), 2)).toEqual([
      'x....',
      'xx...',
      '.xx..',
      '..xx.',
      '.x..x',
    ]);
  });
});

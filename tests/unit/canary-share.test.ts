/** Which conversations a canary gets, and what a share of thumbs is worth. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toInterval } from '../../server/canaries/canary.service.js';
import { isInShare } from '../../server/generations/canary-share.js';

const ids = Array.from({ length: 4000 }, () => randomUUID());
const [version, other] = [randomUUID(), randomUUID()];
const drawn = (share: number, by = version) => ids.filter((id) => isInShare(id, by, share));

describe('a share of conversations', () => {
  it('is of the size that was asked for', () => {
    for (const share of [1, 10, 50]) {
      const deviation = Math.sqrt((share / 100) * (1 - share / 100) * ids.length);
      expect(Math.abs(drawn(share).length - (share / 100) * ids.length)).toBeLessThan(6 * deviation);
    }
    expect([drawn(0), drawn(100)].map(({ length }) => length)).toEqual([0, ids.length]);
  });

  it('stays what it is, and keeps what it had when it grows', () => {
    expect(drawn(10)).toEqual(drawn(10));
    expect(drawn(30)).toEqual(expect.arrayContaining(drawn(10)));
  });

  it('is another one for another version', () => {
    const both = drawn(50).filter((id) => isInShare(id, other, 50)).length;
    expect(both / ids.length).toBeCloseTo(0.25, 1);
  });
});

describe('the interval of a share of thumbs', () => {
  it("is Wilson's, and none without thumbs", () => {
    expect(toInterval(0, 0)).toBeNull();
    const { lower = 0, upper = 0 } = toInterval(8, 10) ?? {};
    expect(lower).toBeCloseTo(0.4902, 4);
    expect(upper).toBeCloseTo(0.9433, 4);
  });
});

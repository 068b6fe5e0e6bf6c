import { describe, expect, it } from 'vitest';
import { isNightly } from '../../server/rounds/nightly.js';

const at = new Date('2026-03-01T02:00:00Z');
const on = (now: string, after = '2026-02-28T12:00:00Z') =>
  isNightly(new Date(now), { at, after: new Date(after) });

describe('a nightly plan', () => {
  it('waits for its first night', () => {
    expect(on('2026-02-28T23:00:00Z')).toBe(false);
    expect(on('2026-03-01T01:59:59Z')).toBe(false);
    expect(on('2026-03-01T02:00:00Z')).toBe(true);
  });

  it('has its turn once a night', () => {
    expect(on('2026-03-09T02:10:00Z')).toBe(true);
    expect(on('2026-03-09T02:10:00Z', '2026-03-09T02:00:05Z')).toBe(false);
    expect(on('2026-03-10T02:00:03Z', '2026-03-09T02:00:05Z')).toBe(true);
  });

  it('lets a night pass that nobody was awake in', () => {
    expect(on('2026-03-01T03:00:00Z')).toBe(false);
    expect(on('2026-03-01T14:00:00Z')).toBe(false);
  });
});

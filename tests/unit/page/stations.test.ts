/** Where a round stands on the ring. */
import { describe, expect, it } from 'vitest';
import type { Round } from '../../../common/contracts/rounds.js';
import { lookOf, placeAt, reachedBy, stationNames } from '../../../web/src/lib/rounds/stations.js';

const round = (state: Round['state'], step: Round['step']) => ({ state, step }) as Round;
const looks = (of: Round | null) => stationNames.map((name) => lookOf(name, of));

describe('the ring', () => {
  it('has its way before it where no round has been gone', () => {
    expect([reachedBy(null), looks(null)]).toEqual([0, Array(6).fill('ahead')]);
  });

  it('marks where a round is, and what lies behind it', () => {
    const run = round('running', 'run');
    expect([reachedBy(run), looks(run)]).toEqual([
      2,
      ['behind', 'behind', 'here', 'ahead', 'ahead', 'ahead'],
    ]);
  });

  it.each(['asking', 'failed'] as const)('says at which station it is %s', (state) => {
    expect(looks(round(state, 'promotion'))[4]).toBe(state);
  });

  it('says where a round was left that nobody goes on with', () => {
    for (const state of ['kept', 'declined'] as const)
      expect(looks(round(state, 'promotion')).slice(3)).toEqual(['behind', 'left', 'ahead']);
    expect(looks(round('cancelled', 'dataset')).slice(0, 3)).toEqual(['behind', 'left', 'ahead']);
  });

  it('is closed by a round that went live', () => {
    const live = round('promoted', 'promotion');
    expect([reachedBy(live), looks(live)]).toEqual([6, Array(6).fill('behind')]);
  });

  it('begins on top, and goes clockwise', () => {
    const [top, right, bottom] = [placeAt(0, 100), placeAt(1.5, 100), placeAt(3, 100)];
    expect([top.x, top.y, right.x, right.y, bottom.x, bottom.y].map(Math.round)).toEqual([
      200, 100, 300, 200, 200, 300,
    ]);
  });
});

/** The six stations of the circle, and where a round stands among them. */
import { isOpen, type Round, type RoundStep } from '$contracts/rounds';
import type { IconName } from '$lib/ui/Icon.svelte';

export const stationNames = ['feedback', 'dataset', 'run', 'evaluation', 'gate', 'live'] as const;
export type StationName = (typeof stationNames)[number];

/** `behind` is done, `here` is where the round is, `ahead` has still to come; the others say that it stands still there. */
export type StationLook = 'behind' | 'here' | 'asking' | 'failed' | 'left' | 'ahead';

export const stationIcons: Readonly<Record<StationName, IconName>> = {
  feedback: 'thumbUp',
  dataset: 'folder',
  run: 'bars',
  evaluation: 'columns',
  gate: 'gate',
  live: 'layers',
};

const stationOfStep: Readonly<Record<RoundStep, StationName>> = {
  dataset: 'dataset',
  run: 'run',
  evaluation: 'evaluation',
  promotion: 'gate',
};

/** Index of the station that a round is at, or came to last; the whole way around where it went live. */
export function reachedBy(round: Round | null): number {
  if (!round) return 0;
  if (round.state === 'promoted') return stationNames.length;
  return stationNames.indexOf(stationOfStep[round.step]);
}

export function lookOf(station: StationName, round: Round | null): StationLook {
  const [index, reached] = [stationNames.indexOf(station), reachedBy(round)];
  if (!round || index > reached) return 'ahead';
  if (index < reached) return 'behind';
  if (round.state === 'failed' || round.state === 'asking') return round.state;
  return isOpen(round.state) ? 'here' : 'left';
}

/** The circle is drawn in a square of this side. */
export const side = 400;
export const radius = 170;

/** @param at  in stations from the first, which is on top; clockwise */
export function placeAt(at: number, distance = radius): { x: number; y: number } {
  const angle = (at / stationNames.length) * 2 * Math.PI - Math.PI / 2;
  return { x: side / 2 + distance * Math.cos(angle), y: side / 2 + distance * Math.sin(angle) };
}

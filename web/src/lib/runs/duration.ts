import type { I18n } from '$lib/i18n/i18n.svelte';

/** A time span in its two largest units: `2 hr 5 min`, `3.2 sec`. */
export function formatDuration(i18n: I18n, seconds: number): string {
  const show = (value: number, unit: 'hour' | 'minute' | 'second', digits = 0) =>
    i18n.number(value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits });
  if (seconds < 60) return show(seconds, 'second', seconds < 10 ? 2 : 0);
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return show(minutes, 'minute');
  return `${show(Math.floor(minutes / 60), 'hour')} ${show(minutes % 60, 'minute')}`;
}

/** A selection of feedback as a query string, and the time zone that its days are in. */
import type { FeedbackFilter } from '$contracts';

/** In the order of the filter's fields; what is absent narrows nothing. */
export function toQuery(filter: FeedbackFilter, rest: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter))
    if (value !== undefined) query.set(name, Array.isArray(value) ? value.join(',') : String(value));
  for (const [name, value] of Object.entries(rest)) query.set(name, value);
  return query.toString();
}

const dayMs = 86_400_000;

/** The day's beginning. Days are UTC's, as they are counted. @param day  `YYYY-MM-DD`, or empty */
export function startOf(day: string): string | undefined {
  return day === '' ? undefined : new Date(`${day}T00:00:00Z`).toISOString();
}

/** The beginning of the day after. */
export function endOf(day: string): string | undefined {
  return day === '' ? undefined : new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString();
}

/** The last day that a selection ending at `moment` holds; empty without an end. */
export function lastDayOf(moment: string | undefined): string {
  return moment === undefined ? '' : new Date(Date.parse(moment) - dayMs).toISOString().slice(0, 10);
}

/** Statements that are sent again and again are parsed and planned once for each connection, rather than each time. */
import { Client } from 'pg';

/** Texts that this process may name; what comes after them goes unprepared, as texts that are made from lists would never end. */
const mostPrepared = 500;

const names = new Map<string, string>();

type Send = (...args: unknown[]) => unknown;

/** A `pg` client that gives statements with values names, by which Postgres keeps them. */
export class PreparingClient extends Client {
  readonly #send = super.query.bind(this) as Send;

  // The many forms of `query` are told apart by their arguments, and only one of them is changed.
  override query = ((text: unknown, values: unknown, ...others: unknown[]) => {
    const name = typeof text === 'string' && Array.isArray(values) ? nameOf(text) : null;
    return name === null
      ? this.#send(text, values, ...others)
      : this.#send({ name, text, values }, ...others);
  }) as Client['query'];
}

function nameOf(text: string): string | null {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= mostPrepared) return null;
  const name = `attune_${names.size}`;
  names.set(text, name);
  return name;
}

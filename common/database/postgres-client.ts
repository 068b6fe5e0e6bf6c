/**
 * The `pg` client of every program: one that waits for Postgres as seldom as it can.
 *
 * Statements that are sent again and again are parsed and planned once for each connection. Those that do not need each other's results are
 * sent one after another without waiting in between (`pipeline`), and a transaction begins together with its first statement.
 */
import { Client, type ClientConfig } from 'pg';

/** Texts that this process may name; what comes after them goes unprepared, as texts that are made from lists would never end. */
const mostPrepared = 500;
const names = new Map<string, string>();

/** As TypeORM begins a transaction. */
const beginning = 'START TRANSACTION';

type Statement = [text: unknown, ...others: unknown[]];
type Send = (...statement: Statement) => Promise<unknown>;

export class PostgresClient extends Client {
  readonly #send = super.query.bind(this) as Send;
  #isToBegin = false;

  constructor(config?: ClientConfig) {
    super({ ...config, pipeline: true } as ClientConfig);
  }

  // The many forms of `query` are told apart by their arguments, and only two of them are changed.
  override query = ((...statement: Statement) => {
    if (statement[0] === beginning) {
      this.#isToBegin = true;
      return Promise.resolve();
    }
    return this.#isToBegin ? this.#begin(prepared(statement)) : this.#send(...prepared(statement));
  }) as Client['query'];

  /** In one write. A transaction that could not begin fails its first statement, so that its owner goes no further. */
  async #begin(first: Statement): Promise<unknown> {
    this.#isToBegin = false;
    const { stream } = this.connection;
    stream.cork();
    const answers = [this.#send(beginning), this.#send(...first)];
    stream.uncork();
    const [, result] = await Promise.all(answers);
    return result;
  }
}

/** The statement under a name, by which Postgres keeps it, where it is a text with values. */
function prepared(statement: Statement): Statement {
  const [text, values, ...others] = statement;
  const name = typeof text === 'string' && Array.isArray(values) ? nameOf(text) : null;
  return name === null ? statement : [{ name, text, values }, ...others];
}

function nameOf(text: string): string | null {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= mostPrepared) return null;
  const name = `attune_${names.size}`;
  names.set(text, name);
  return name;
}

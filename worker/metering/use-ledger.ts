/**
 * Writes down what was used. Totals go in the place of what a session wrote before: a write that is done twice counts once, and whoever goes
 * on with something after a death writes a session of its own.
 */
import type { DataSource } from 'typeorm';
import type { UseRow, UseSession } from './use-session.js';

export class UseLedger {
  constructor(private readonly dataSource: DataSource) {}

  /** Sessions with nothing new cost nothing. A failed write leaves all as it was, to be tried again. */
  async write(sessions: Iterable<UseSession>, now = new Date()): Promise<void> {
    const day = now.toISOString().slice(0, 10);
    const entries = [...sessions].flatMap((session) => session.toRow(day) ?? []);
    if (entries.length === 0) return;
    await this.#upsert(entries.map(({ row }) => row));
    for (const { written } of entries) written();
  }

  async #upsert(rows: readonly UseRow[]): Promise<void> {
    const column = <K extends keyof UseRow>(key: K) => rows.map((row) => row[key]);
    await this.dataSource.query(
      `INSERT INTO compute_uses (session_id, day, kind, subject_id, user_id, computed_us, measured_us, energy_mj, prompt_tokens)
       SELECT said.session_id, said.day, said.kind, said.subject_id, owner.id, said.computed_us, said.measured_us,
         said.energy_mj, said.prompt_tokens
       FROM unnest($1::uuid[], $2::date[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
         AS said (session_id, day, kind, subject_id, user_id, computed_us, measured_us, energy_mj, prompt_tokens)
         LEFT JOIN users owner ON owner.id = said.user_id
       ORDER BY 1
       ON CONFLICT (session_id, day) DO UPDATE SET computed_us = excluded.computed_us, measured_us = excluded.measured_us,
         energy_mj = excluded.energy_mj, prompt_tokens = excluded.prompt_tokens`,
      [
        column('sessionId'),
        column('day'),
        column('kind'),
        column('subjectId'),
        column('userId'),
        column('computedUs'),
        column('measuredUs'),
        column('energyMj'),
        column('promptTokens'),
      ],
    );
  }
}

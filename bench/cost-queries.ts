/** What an admin asks of a year of costs and of a version that learnt from a million acts, by the services that answer it. */
import type { DataSource } from 'typeorm';
import { CostsService } from '../server/costs/costs.service.js';
import { PricingService } from '../server/costs/pricing.service.js';
import { LineageGraphs } from '../server/lineage/lineage-graph.service.js';
import { VersionLineages } from '../server/lineage/version-lineage.service.js';
import { UseLedger } from '../worker/metering/use-ledger.js';
import { UseSession } from '../worker/metering/use-session.js';
import type { Bench } from './bench.js';
import { feedbackYear, withFeedbackYear } from './bench-database.js';
import { idOf } from './feedback-data.js';
import { timeQueries } from './query-times.js';

const answers = 1_000_000;
const rounds = 20;
/** Answers that a busy worker writes down at once. */
const sessionsAtOnce = 16;

export const costQueries: Bench = {
  summary: 'costs over a million answers, and the lineage of a version that learnt from a million acts',
  run({ say }) {
    return withFeedbackYear(say, async (db) => {
      say(`${answers.toLocaleString('en')} answers`);
      await fillUses(db);
      return [
        {
          title: `Costs of ${answers.toLocaleString('en')} answers, lineage of ${feedbackYear.events.toLocaleString('en')} acts`,
          columns: ['', 'p50, ms', 'p95, ms'],
          rows: await timeQueries(listQueries(db), rounds, say),
          notes: [
            `${rounds} rounds of all queries in turn, after one that is not counted; ${feedbackYear.people} people, 365 days; Postgres as the launcher starts it.`,
          ],
        },
      ];
    });
  },
};

/** A session an answer, over a year and all people; and the last version has learnt from everything. */
async function fillUses(db: DataSource): Promise<void> {
  await db.query(`
    INSERT INTO compute_uses (session_id, day, kind, subject_id, user_id, count, computed_us, measured_us, energy_mj,
      prompt_tokens, completion_tokens)
    SELECT ${idOf('session', 'i')}, date '2026-01-01' - (i % 365), 'answer', ${idOf('generation', 'i')},
      ${idOf('user', `i % ${feedbackYear.people}`)}, 1, 2000000 + i % 1000, 2000000, 90000, 300, 120
    FROM generate_series(1, ${answers}) AS i`);
  await db.query(`
    INSERT INTO model_version_events (model_version_id, event_id)
    SELECT ${idOf('version', String(feedbackYear.versions - 1))}, id FROM feedback_events`);
  await db.query(`VACUUM ANALYZE`);
}

function listQueries(db: DataSource): Record<string, () => Promise<unknown>> {
  const pricing = new PricingService(db);
  const costs = new CostsService(db, pricing);
  const lineages = new VersionLineages(db, new LineageGraphs(db));
  const ledger = new UseLedger(db);
  const sessions = Array.from(
    { length: sessionsAtOnce },
    () => new UseSession({ kind: 'answer', subjectId: crypto.randomUUID(), userId: null }),
  );
  return {
    'the page of costs, 30 days': () => costs.get({ from: '2025-12-02', to: '2025-12-31' }),
    'the page of costs, 365 days': () => costs.get({}),
    'prices and measured power': () => pricing.get(),
    [`${sessionsAtOnce} sessions written down`]: () => {
      for (const session of sessions) session.add(1, 0.05);
      return ledger.write(sessions);
    },
    'lineage of the version': async () => {
      const [last] = await db.query<{ id: string }[]>(
        `SELECT model_version_id AS id FROM model_version_events LIMIT 1`,
      );
      return lineages.get(last?.id ?? '');
    },
  };
}

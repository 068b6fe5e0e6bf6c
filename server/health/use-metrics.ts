/** What was used since the beginning as Prometheus text; from the sums by day, so that it outlives every worker. */
import type { DataSource } from 'typeorm';
import { renderMetric, type Metric } from './prometheus-text.js';

interface KindRow {
  kind: string;
  computeSeconds: number;
  joules: number;
  personSeconds: number;
}

export async function renderUseMetrics(db: DataSource): Promise<string> {
  const rows = await db.query<KindRow[]>(
    `SELECT kind, sum(computed_us) / 1e6::float8 AS "computeSeconds", sum(energy_mj) / 1e3::float8 AS joules,
       sum(person_ms) / 1e3::float8 AS "personSeconds"
     FROM use_days GROUP BY kind ORDER BY kind`,
  );
  const each = (key: Exclude<keyof KindRow, 'kind'>) =>
    rows.map((row) => ({ labels: { kind: row.kind }, value: row[key] }));
  const metrics: Metric[] = [
    {
      name: 'attune_compute_seconds_total',
      type: 'counter',
      help: 'Seconds of computing, by what for',
      samples: each('computeSeconds'),
    },
    {
      name: 'attune_energy_joules_total',
      type: 'counter',
      help: 'Joules that devices told, by what for',
      samples: each('joules'),
    },
    {
      name: 'attune_person_seconds_total',
      type: 'counter',
      help: 'Seconds that people took over feedback',
      samples: each('personSeconds'),
    },
  ];
  return metrics.map(renderMetric).join('\n');
}

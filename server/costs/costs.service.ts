/** What was used, added up by day, person, run, version and round. Days and people come from sums that triggers keep; runs are few. */
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  noUse,
  type Costs,
  type CostsQuery,
  type RoundCost,
  type RunCost,
  type SubjectCost,
  type Use,
  type UseKind,
  type VersionCost,
} from '../../common/contracts/costs.js';
import { AppError } from '../../common/contracts/errors.js';
import type { RunConfig } from '../../common/contracts/runs.js';
import { PricingService } from './pricing.service.js';
import { selectUseOf, sumOfDays, sumOfUses, toUse, type UseRow } from './use-columns.js';

const usersListed = 50;
const runsListed = 20;
/** Kinds whose every token a frozen reference judges too. */
const usesReference: readonly string[] = ['dpo', 'kto'];

interface RunRow {
  id: string;
  name: string;
  kind: string;
  mode: RunConfig['mode'];
  parameters: number | null;
  trainedParameters: number | null;
  tokens: number;
  use: Use;
}

@Injectable()
export class CostsService {
  constructor(
    private readonly db: DataSource,
    private readonly pricing: PricingService,
  ) {}

  async get(query: CostsQuery): Promise<Costs> {
    const [pricing, days, users, runs, versions] = await Promise.all([
      this.pricing.get(),
      this.listDays(query),
      this.listUsers(query),
      this.listRuns(),
      this.listVersions(),
    ]);
    return { ...pricing, days, users, runs, versions };
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async getOfRun(runId: string): Promise<SubjectCost> {
    const [run] = await this.db.query<unknown[]>(`SELECT 1 FROM runs WHERE id = $1`, [runId]);
    if (!run) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'run' });
    return this.getOf([runId]);
  }

  /** Of all the generations that an answer was made in. @throws AppError `RESOURCE_NOT_FOUND` */
  async getOfAnswer(messageId: string): Promise<SubjectCost> {
    const generations = await this.db.query<{ id: string }[]>(
      `SELECT id FROM generations WHERE message_id = $1`,
      [messageId],
    );
    if (generations.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'answer' });
    return this.getOf(generations.map(({ id }) => id));
  }

  /** Labels are told once its runs have made something. @throws AppError `RESOURCE_NOT_FOUND` */
  async getOfRound(roundId: string): Promise<RoundCost> {
    const [row] = await this.db.query<
      { labels: number; labelMs: number; tokens: number; runs: Use; evaluations: Use }[]
    >(
      `WITH began AS MATERIALIZED (SELECT run_id FROM round_runs WHERE round_id = $1),
         made AS MATERIALIZED (
           SELECT id, is_reward_model, label_count, label_ms FROM model_versions
           WHERE (origin->'run'->>'id')::uuid IN (SELECT run_id FROM began))
       SELECT
         -- A reward model learns from what the version beside it learns from; those that answer go on from one another.
         (SELECT coalesce(sum(label_count), 0) FROM made WHERE NOT is_reward_model)::float8 AS labels,
         (SELECT coalesce(sum(label_ms), 0) FROM made WHERE NOT is_reward_model)::float8 AS "labelMs",
         (SELECT coalesce(sum((metrics->>'num_tokens')::float8), 0) FROM runs WHERE id IN (SELECT run_id FROM began)) AS tokens,
         ${selectUseOf('IN (SELECT run_id FROM began)')} AS runs,
         ${selectUseOf('IN (SELECT e.id FROM evaluations e WHERE e.candidate_id IN (SELECT id FROM made))')} AS evaluations
       FROM rounds WHERE id = $1`,
      [roundId],
    );
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'round' });
    const { labels, labelMs, ...uses } = row;
    return { ...(await this.pricing.get()), labels: toLabels(labels, labelMs), ...uses };
  }

  private async getOf(subjectIds: readonly string[]): Promise<SubjectCost> {
    const [pricing, [use]] = await Promise.all([
      this.pricing.get(),
      this.db.query<[Use]>(`SELECT ${sumOfUses} FROM compute_uses WHERE subject_id = ANY($1)`, [subjectIds]),
    ]);
    return { ...pricing, use };
  }

  private async listDays({ from, to }: CostsQuery): Promise<Costs['days']> {
    const rows = await this.db.query<UseRow<{ day: string; kind: UseKind }>[]>(
      `SELECT day::text, kind, ${sumOfDays} FROM use_days
       WHERE day >= coalesce($1::date, '-infinity') AND day <= coalesce($2::date, 'infinity')
       GROUP BY day, kind ORDER BY use_days.day, kind`,
      [from ?? null, to ?? null],
    );
    return rows.map(({ day, kind, ...use }) => ({ day, kind, use }));
  }

  private async listUsers({ from, to }: CostsQuery): Promise<Costs['users']> {
    const rows = await this.db.query<UseRow<{ id: string | null; name: string | null }>[]>(
      `SELECT u.id, u.name, ${sumOfDays} FROM use_days LEFT JOIN users u ON u.id = user_id
       WHERE day >= coalesce($1::date, '-infinity') AND day <= coalesce($2::date, 'infinity')
       GROUP BY u.id, u.name
       ORDER BY sum(computed_us) DESC, sum(person_ms) DESC, sum(completion_tokens) DESC LIMIT $3`,
      [from ?? null, to ?? null, usersListed],
    );
    return rows.map(({ id, name, ...use }) => ({
      user: id === null || name === null ? null : { id, name },
      use: toUse(use),
    }));
  }

  private async listRuns(): Promise<RunCost[]> {
    const rows = await this.db.query<RunRow[]>(
      `SELECT id, name, kind, config->>'mode' AS mode, (plan->>'parameterCount')::float8 AS parameters,
         (plan->>'trainableParameterCount')::float8 AS "trainedParameters",
         coalesce((metrics->>'num_tokens')::float8, 0) AS tokens, ${selectUseOf('= runs.id')} AS use
       FROM runs ORDER BY created_at DESC LIMIT $1`,
      [runsListed],
    );
    return rows.map(({ mode, ...row }) => ({
      ...row,
      isFull: mode === 'full',
      usesReference: usesReference.includes(row.kind),
    }));
  }

  private async listVersions(): Promise<VersionCost[]> {
    const rows = await this.db.query<
      { id: string; name: string; labels: number; labelMs: number; run: Use; evaluations: Use }[]
    >(
      `SELECT v.id, v.name, v.label_count AS labels, v.label_ms::float8 AS "labelMs",
         ${selectUseOf(`= (v.origin->'run'->>'id')::uuid`)} AS run,
         ${selectUseOf('IN (SELECT e.id FROM evaluations e WHERE e.candidate_id = v.id)')} AS evaluations
       FROM model_versions v WHERE v.origin IS NOT NULL ORDER BY v.created_at DESC LIMIT $1`,
      [runsListed],
    );
    return rows.map(({ id, name, labels, labelMs, run, evaluations }) => ({
      version: { id, name },
      labels: toLabels(labels, labelMs),
      run,
      evaluations,
    }));
  }
}

const toLabels = (count: number, ms: number): Use => ({ ...noUse, count, personSeconds: ms / 1000 });

/** What each station says: its figure, what belongs to it, since when, and where to read on. */
import type { Circle, DataCounts, Gate, Round, WinRate } from '$contracts';
import type { I18n } from '$lib/i18n/i18n.svelte';
import type { StationName } from './stations';

export interface StationFacts {
  figure: string;
  detail: string;
  /** A moment, as the server has it. */
  at: string | null;
  href: string | null;
}

const nothing: StationFacts = { figure: '–', detail: '', at: null, href: null };

export function describeStations(
  circle: Circle,
  round: Round | null,
  i18n: I18n,
): Readonly<Record<StationName, StationFacts>> {
  return {
    feedback: describeFeedback(circle, i18n),
    dataset: round ? describeDataset(round, i18n) : nothing,
    run: round ? describeRuns(round, i18n) : nothing,
    evaluation: round ? describeEvaluation(round, i18n) : nothing,
    gate: round ? describeGate(round, i18n) : nothing,
    live: { figure: circle.live.name, detail: '', at: circle.live.since, href: '/admin/versions' },
  };
}

function describeFeedback({ feedback, plan }: Circle, i18n: I18n): StationFacts {
  const t = i18n.t.rounds.facts;
  const fresh = i18n.number(feedback.fresh);
  const { begin } = plan;
  return {
    figure: begin.when === 'feedback' ? t.freshOf(fresh, i18n.number(begin.acts)) : t.fresh(fresh),
    detail: t.usable(i18n.number(feedback.usable)),
    at: feedback.lastAt,
    href: '/admin/feedback',
  };
}

function describeDataset({ dataset, createdAt }: Round, i18n: I18n): StationFacts {
  if (!dataset) return nothing;
  const rows = countRows(dataset.counts);
  return {
    figure: i18n.t.rounds.facts.rows(rows, i18n.number(rows)),
    detail: dataset.name,
    at: createdAt,
    href: `/admin/datasets/${dataset.id}`,
  };
}

/** The run that computes, or the last one. */
function describeRuns({ runs, plan }: Round, i18n: I18n): StationFacts {
  const t = i18n.t.rounds.facts;
  const run = runs.find(({ finishedAt }) => finishedAt === null) ?? runs.at(-1);
  if (!run) return nothing;
  const stages = plan.recipe.type === 'stages' ? plan.recipe.stages.length : 1;
  const steps = run.totalSteps === null ? '' : t.steps(i18n.number(run.step), i18n.number(run.totalSteps));
  const state = i18n.t.runs.states[run.state];
  return {
    figure: stages > 1 ? t.stage(run.kind, runs.indexOf(run) + 1, stages) : run.kind,
    detail: [steps, state].filter(Boolean).join(' · '),
    at: run.finishedAt ?? run.startedAt,
    href: `/admin/runs/${run.id}`,
  };
}

function describeEvaluation({ evaluation, gate, candidate }: Round, i18n: I18n): StationFacts {
  if (!evaluation) return nothing;
  const rate = gate && decisiveRate(gate);
  return {
    figure: rate?.rate == null ? i18n.t.versions.states[evaluation.state] : i18n.percent(rate.rate),
    detail: rate
      ? i18n.t.rounds.facts.won(i18n.number(rate.wins), i18n.number(rate.votes))
      : (candidate?.name ?? ''),
    at: null,
    href: '/admin/versions',
  };
}

function describeGate({ gate, state, steppedAt }: Round, i18n: I18n): StationFacts {
  if (!gate) return nothing;
  const t = i18n.t.rounds.facts;
  const lowerBound = decisiveRate(gate).lowerBound;
  return {
    figure:
      state === 'asking' ? t.asking : state === 'declined' ? t.declined : gate.passes ? t.passed : t.closed,
    detail: lowerBound === null ? '' : t.atLeast(i18n.percent(lowerBound)),
    at: steppedAt,
    href: '/admin/versions',
  };
}

/** What decided: people where there were enough of them. */
export function decisiveRate({ by, people, heldOut }: Gate): WinRate {
  return by === 'people' ? people : heldOut;
}

export function countRows(counts: DataCounts): number {
  return Object.values(counts).reduce((sum, { train, held_out }) => sum + train + held_out, 0);
}

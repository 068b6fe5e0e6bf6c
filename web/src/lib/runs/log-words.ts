import type { RunEvent } from '$contracts';
import type { I18n } from '$lib/i18n/i18n.svelte';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** An event of a run as a line of its log. */
export function describeEvent(i18n: I18n, event: RunEvent): string {
  const { log: t, phases } = i18n.t.runs;
  const compact = (count: number) => i18n.number(count, { notation: 'compact', maximumSignificantDigits: 3 });
  const figures = (metrics: Readonly<Record<string, number>>) =>
    i18n.list(
      Object.entries(metrics)
        .slice(0, 4)
        .map(([name, value]) => `${name} ${i18n.number(value, { maximumSignificantDigits: 4 })}`),
    );
  const words: { [T in RunEvent['type']]: (event: EventOf<T>) => string } = {
    phase: ({ phase }) => phases[phase],
    planned: ({ plan }) => {
      const start = plan.doneSteps > 0 ? `; ${t.goesOn(i18n.number(plan.doneSteps))}` : '';
      return (
        t.planned(compact(plan.trainableParameterCount), plan.device, i18n.bytes(plan.memoryBytes)) + start
      );
    },
    step: ({ step }) => i18n.number(step),
    evaluated: ({ step, metrics }) => t.evaluated(i18n.number(step)) + i18n.t.common.colon + figures(metrics),
    checkpoint: ({ step }) => t.checkpoint(i18n.number(step)),
    sampled: ({ step }) => i18n.number(step),
    rollout: ({ step }) => i18n.number(step),
    verdict: ({ verdict }) => verdict.message,
    finished: ({ steps }) => t.finished(steps, i18n.number(steps)),
    cancelled: ({ step }) => t.cancelled(i18n.number(step)),
    failed: ({ error }) => i18n.error(error),
  };
  // The table is keyed by the event's own type, which TypeScript cannot follow through an index.
  return (words[event.type] as (event: RunEvent) => string)(event);
}

import type { Agreement } from '$contracts';
import type { I18n } from '$lib/i18n/i18n.svelte';

/** How far all raters of a queue agree. */
export function describeAgreement(i18n: I18n, { pairs, alpha, fleissKappa }: Agreement): string {
  const { facts } = i18n.t.queues;
  if (pairs === 0) return facts.noAgreement;
  return [
    facts.alpha(describeCoefficient(i18n, alpha)),
    facts.kappa(describeCoefficient(i18n, fleissKappa)),
    facts.onPairs(pairs, i18n.number(pairs)),
  ].join(' · ');
}

/** @param value  null where too little was judged to tell */
export function describeCoefficient(i18n: I18n, value: number | null): string {
  return value === null ? i18n.t.queues.facts.undefinedYet : i18n.number(value, { maximumFractionDigits: 2 });
}

/** Amounts as people read them. */
import type { Use } from '$contracts';
import type { I18n } from '$lib/i18n/i18n.svelte';

/** Small amounts keep two figures that tell something: an answer costs a thousandth of a cent. */
export function formatMoney(i18n: I18n, amount: number, currency: string): string {
  const isSmall = amount !== 0 && Math.abs(amount) < 0.1;
  const digits = isSmall ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  return i18n.number(amount, { style: 'currency', currency, ...digits });
}

export function formatEnergy(i18n: I18n, kilowattHours: number): string {
  const isSmall = kilowattHours < 0.1;
  const value = i18n.number(isSmall ? kilowattHours * 1000 : kilowattHours, { maximumSignificantDigits: 3 });
  return `${value} ${isSmall ? 'Wh' : 'kWh'}`;
}

/** One of the things that were counted: of a use per answer, say. */
export function share(use: Use, of: number): Use {
  const part = (value: number) => (of > 0 ? value / of : 0);
  return {
    count: part(use.count),
    computeSeconds: part(use.computeSeconds),
    measuredSeconds: part(use.measuredSeconds),
    joules: part(use.joules),
    promptTokens: part(use.promptTokens),
    cachedTokens: part(use.cachedTokens),
    completionTokens: part(use.completionTokens),
    personSeconds: part(use.personSeconds),
  };
}

/** What was used in a span of days, and the prices; what things cost follows from both. */
import type { Costs, Prices, Pricing, Use, UseKind } from '$contracts';
import { addUses } from '$contracts/costs';
import { http } from '$lib/net/api';

const dayMs = 86_400_000;
export const spans = [7, 30, 365] as const;
export type Span = (typeof spans)[number];

/** What people get, and what it takes to make a version better. */
const chatKinds: readonly UseKind[] = ['answer', 'completion', 'title', 'embedding'];
const trainingKinds: readonly UseKind[] = ['run', 'sample', 'evaluation', 'estimate'];

export class CostBook {
  costs = $state.raw<Costs | null>(null);
  span = $state<Span>(30);

  readonly byKind = $derived.by(() => {
    const kinds = new Map<UseKind, Use[]>();
    for (const { kind, use } of this.costs?.days ?? []) kinds.set(kind, [...(kinds.get(kind) ?? []), use]);
    return new Map([...kinds].map(([kind, uses]) => [kind, addUses(uses)]));
  });
  readonly total = $derived(addUses([...this.byKind.values()]));
  readonly chat = $derived(this.#sum(chatKinds));
  readonly training = $derived(this.#sum(trainingKinds));

  async load(span: Span = this.span): Promise<void> {
    this.span = span;
    const from = new Date(Date.now() - (span - 1) * dayMs).toISOString().slice(0, 10);
    const costs = await http.get<Costs>(`/api/costs?from=${from}`);
    // Another span may have been asked for meanwhile.
    if (span === this.span) this.costs = costs;
  }

  async setPrices(prices: Prices): Promise<void> {
    const pricing = await http.put<Pricing>('/api/costs/prices', prices);
    if (this.costs) this.costs = { ...this.costs, ...pricing };
  }

  /** One line a purpose, a point a day, days without use at 0; a year begins with its first use. @param toValue  what is drawn of a day's use */
  lines(toValue: (use: Use) => number): { chat: DayPoint[]; training: DayPoint[]; labels: DayPoint[] } {
    return {
      chat: this.#points(chatKinds, toValue),
      training: this.#points(trainingKinds, toValue),
      labels: this.#points(['label'], toValue),
    };
  }

  #points(kinds: readonly UseKind[], toValue: (use: Use) => number): DayPoint[] {
    const days = this.costs?.days ?? [];
    const today = Math.floor(Date.now() / dayMs);
    const used = days[0] ? Date.parse(days[0].day) / dayMs : today;
    const first = Math.min(used, today - (Math.min(this.span, 30) - 1));
    return Array.from({ length: today - first + 1 }, (_, index) => {
      const date = new Date((first + index) * dayMs).toISOString().slice(0, 10);
      const uses = days.filter(({ day, kind }) => day === date && kinds.includes(kind));
      return { x: ((first + index) * dayMs) / 1000, y: toValue(addUses(uses.map(({ use }) => use))) };
    });
  }

  #sum(kinds: readonly UseKind[]): Use {
    return addUses(kinds.flatMap((kind) => this.byKind.get(kind) ?? []));
  }
}

export interface DayPoint {
  /** Seconds since 1970. */
  x: number;
  y: number;
}

/**
 * What a run that answers itself has sampled, a step at a time. Whoever looks at the last step goes on to the next as it comes; whoever
 * went back stays where they are.
 */
import type { RunEvent, RunRollout, RunRollouts } from '$contracts';
import { http } from '$lib/net/api';

type RolloutEvent = Extract<RunEvent, { type: 'rollout' }>;

export class Rollouts {
  steps = $state.raw<readonly number[]>([]);
  shown = $state.raw<RunRollout | null>(null);
  /** Place of the step that is shown, or on its way. */
  index = $state(0);
  #isLast = true;
  /** Answers that were asked for and came too late are dropped. */
  #asked = 0;

  constructor(private readonly runId: string) {}

  /** What is kept now; the same step is shown, as far as it still is. */
  async load(): Promise<void> {
    await this.#fetch(this.#isLast ? null : (this.steps[this.index] ?? null));
  }

  async show(index: number): Promise<void> {
    const step = this.steps[index];
    if (step === undefined) return;
    this.index = index;
    this.#isLast = index === this.steps.length - 1;
    await this.#fetch(step);
  }

  /** A rollout that just came. */
  take({ step, groups }: RolloutEvent): void {
    this.steps = [...this.steps.filter((one) => one < step), step];
    if (!this.#isLast) return;
    this.#asked++;
    this.index = this.steps.length - 1;
    this.shown = { step, groups, at: new Date().toISOString() };
  }

  async #fetch(upTo: number | null): Promise<void> {
    const asked = ++this.#asked;
    const query = upTo === null ? '' : `?upTo=${upTo}`;
    const { steps, shown } = await http.get<RunRollouts>(`/api/runs/${this.runId}/rollouts${query}`);
    if (asked !== this.#asked) return;
    this.steps = steps;
    this.shown = shown;
    this.index = Math.max(0, shown ? steps.indexOf(shown.step) : 0);
  }
}

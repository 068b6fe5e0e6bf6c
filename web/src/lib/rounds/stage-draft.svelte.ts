/** One run of a plan's recipe that is being put together. */
import type { RunConfig, RunKind } from '$contracts';
import { toFormValues } from '$lib/runs/config-form';
import { RunDraft } from '$lib/runs/run-draft.svelte';

let made = 0;

export class StageDraft {
  /** Tells stages of the same kind apart on the page. */
  readonly key = made++;
  /** Kind and settings alone: what it starts from and learns from is the round's. */
  readonly run = new RunDraft(null);
  /** The form has no field for rewards here; what was there stays. */
  #rewards = $state.raw<object>({});

  constructor(config: RunConfig | { kind: RunKind }) {
    this.run.kind = config.kind;
    this.run.values = toFormValues(this.run.fields, config);
    if ('rewards' in config) this.#rewards = { rewards: config.rewards };
  }

  choose(kind: RunKind): void {
    this.#rewards = {};
    this.run.chooseKind(kind);
  }

  /** @returns null while something is wrong with it */
  toConfig(): RunConfig | null {
    const { checked } = this.run;
    return 'config' in checked ? Object.assign({}, checked.config, this.#rewards) : null;
  }
}

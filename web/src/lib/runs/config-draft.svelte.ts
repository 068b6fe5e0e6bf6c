/** Kind, settings and rewards of a run, or of a stage of a recipe, that are being put together. */
import type { ZodType } from 'zod';
import type { RunKind, StageReward } from '$contracts';
import { onlineKinds } from '$contracts/runs';
import type { FormValue, FormValues } from '$lib/forms/schema-field';
import { checkConfig, toFields, toFormValues, type CheckedConfig, type ConfigField } from './config-form';
import { RewardDraft } from './reward-draft.svelte';
import type { RunShelf } from './run-shelf.svelte';

const isOnlineKind = (kind: RunKind) => (onlineKinds as readonly RunKind[]).includes(kind);

/** @typeParam C  what its schema gives: the config of a run, or of a stage */
export class ConfigDraft<C extends { kind: RunKind }> {
  kind = $state<RunKind>('dpo');
  values = $state.raw<FormValues>({});
  rewards = $state.raw<readonly RewardDraft[]>([]);
  startVersionId = $state('');

  /** Those that are in order. */
  readonly #given = $derived(this.rewards.flatMap(({ reward }) => reward ?? []));
  readonly fields = $derived<ConfigField[]>(toFields(this.kind));
  /** It answers itself, and learns from what its answers are worth. */
  readonly isOnline = $derived(isOnlineKind(this.kind));
  readonly checked = $derived.by<CheckedConfig<C>>(() =>
    checkConfig(this.schema, {
      kind: this.kind,
      fields: this.fields,
      values: this.values,
      beyond: this.isOnline ? { rewards: this.#given } : {},
    }),
  );
  readonly issues = $derived('issues' in this.checked ? this.checked.issues : {});
  /** Every setting and every reward is in order. */
  readonly isInOrder = $derived(
    'config' in this.checked &&
      (!this.isOnline || (this.rewards.length > 0 && this.#given.length === this.rewards.length)),
  );

  /**
   * @param schema  of every kind: that of runs, or that of stages
   * @param shelf   what its settings can name
   */
  constructor(
    private readonly schema: ZodType<C>,
    readonly shelf: RunShelf,
  ) {
    this.values = toFormValues(this.fields);
  }

  /** Begins as a copy. */
  take(config: { kind: RunKind; rewards?: readonly StageReward[] }): void {
    this.kind = config.kind;
    this.values = toFormValues(this.fields, config);
    this.rewards = (config.rewards ?? []).map((reward) => new RewardDraft(reward));
  }

  /** @param proposed  settings to begin with; the rewards stay */
  chooseKind(kind: RunKind, proposed?: object): void {
    this.kind = kind;
    this.values = toFormValues(this.fields, proposed);
  }

  set(path: string, value: FormValue): void {
    this.values = { ...this.values, [path]: value };
  }

  addReward(reward?: StageReward): void {
    this.rewards = [...this.rewards, new RewardDraft(reward)];
  }

  removeReward(key: number): void {
    this.rewards = this.rewards.filter((reward) => reward.key !== key);
  }
}

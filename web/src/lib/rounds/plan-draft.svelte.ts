/** A plan of rounds that is being changed. */
import { maxStages } from '$contracts/round-recipe';
import type { RoundBegin, RoundOccasion, RoundPlan } from '$contracts/rounds';
import type { RunKind, RunSharing, StageConfig } from '$contracts';
import { DatasetDraft } from '$lib/datasets/dataset-draft.svelte';
import type { RunShelf } from '$lib/runs/run-shelf.svelte';
import { StageDraft } from './stage-draft.svelte';

const usualActs = 50;
const usualHour = '02:00';

export class PlanDraft {
  when = $state<RoundOccasion>('asked');
  acts = $state(usualActs);
  /** Of the day, as a time field has it; the person's own clock. */
  hour = $state(usualHour);
  readonly data = new DatasetDraft();
  /** Empty leaves the kind to the data. */
  stages = $state.raw<readonly StageDraft[]>([]);
  sharing = $state<RunSharing>('share');
  /** Empty takes the pairs that the round's own dataset holds out. */
  judgedOn = $state('');
  /** Null takes every set for regression and safety. */
  judgedBy = $state.raw<readonly string[] | null>(null);
  stopsWhenFlat = $state(true);
  promotes = $state<RoundPlan['promotes']>('asked');

  readonly canAdd = $derived(this.stages.length < maxStages);
  readonly isReady = $derived(this.stages.every((stage) => stage.isInOrder && !this.lacksRewardModel(stage)));

  /** No prompt is named for runs that answer themselves; people's feedback alone holds none. */
  readonly lacksPrompts = $derived.by(
    () =>
      this.data.promptSources.length === 0 &&
      !this.house.shelf.datasets.some(
        ({ id, counts }) => this.data.beside.includes(id) && (counts.prompt?.train ?? 0) > 0,
      ),
  );

  /**
   * @param house.versionId  any of the model, such as the one that is live
   * @param house.shelf      what the settings of its runs can name
   */
  constructor(
    plan: RoundPlan,
    private readonly house: { versionId: string; shelf: RunShelf },
  ) {
    const { begin, recipe } = plan;
    this.when = begin.when;
    if (begin.when === 'feedback') this.acts = begin.acts;
    if (begin.when === 'nightly') this.hour = toHour(begin.at);
    this.data.takeRecipe(plan.data, plan.splitSettings);
    if (recipe.type === 'stages') this.stages = recipe.stages.map((config) => this.#toStage(config));
    this.sharing = plan.sharing;
    this.judgedOn = plan.judgedOn ?? '';
    this.judgedBy = plan.promptSetIds;
    this.stopsWhenFlat = plan.stopsWhenFlat;
    this.promotes = plan.promotes;
  }

  /** @param kinds  one after the other */
  add(...kinds: RunKind[]): void {
    const added = kinds.map((kind) => {
      const stage = this.#toStage();
      stage.chooseKind(kind);
      return stage;
    });
    this.stages = [...this.stages, ...added].slice(0, maxStages);
  }

  /** It learns from the round's own reward model, and no run before it makes one. */
  lacksRewardModel(stage: StageDraft): boolean {
    if (!stage.isOnline || stage.rewards.every(({ type }) => type !== 'round_model')) return false;
    const before = this.stages.slice(0, this.stages.indexOf(stage));
    return before.every(({ kind }) => kind !== 'reward');
  }

  remove(stage: StageDraft): void {
    this.stages = this.stages.filter((other) => other !== stage);
  }

  clear(): void {
    this.stages = [];
  }

  toPlan(): RoundPlan {
    const stages = this.stages.flatMap(({ checked }) => ('config' in checked ? checked.config : []));
    return {
      begin: this.#toBegin(),
      data: this.data.toRecipe(),
      splitSettings: this.data.toSplitSettings(),
      recipe: stages.length === 0 ? { type: 'proposed' } : { type: 'stages', stages },
      sharing: this.sharing,
      judgedOn: this.judgedOn || null,
      promptSetIds: this.judgedBy && [...this.judgedBy],
      stopsWhenFlat: this.stopsWhenFlat,
      promotes: this.promotes,
    };
  }

  #toStage(config?: StageConfig): StageDraft {
    const stage = new StageDraft(this.house.shelf, this.house.versionId);
    if (config) stage.take(config);
    return stage;
  }

  #toBegin(): RoundBegin {
    if (this.when === 'feedback') return { when: 'feedback', acts: this.acts };
    if (this.when === 'nightly') return { when: 'nightly', at: toMoment(this.hour) };
    return { when: this.when };
  }
}

function toHour(iso: string): string {
  const at = new Date(iso);
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Today's, which may be over: the next one is tomorrow's then. */
function toMoment(hour: string): string {
  const at = new Date();
  const [hours = 0, minutes = 0] = hour.split(':').map(Number);
  at.setHours(hours, minutes, 0, 0);
  return at.toISOString();
}

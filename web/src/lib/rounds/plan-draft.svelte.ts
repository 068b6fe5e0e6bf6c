/** A plan of rounds that is being changed. */
import { maxStages, type RoundBegin, type RoundOccasion, type RoundPlan } from '$contracts/rounds';
import type { RunKind, RunSharing } from '$contracts';
import { DatasetDraft } from '$lib/datasets/dataset-draft.svelte';
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
  readonly isReady = $derived(this.stages.every((stage) => stage.toConfig() !== null));

  constructor(plan: RoundPlan) {
    const { begin, recipe } = plan;
    this.when = begin.when;
    if (begin.when === 'feedback') this.acts = begin.acts;
    if (begin.when === 'nightly') this.hour = toHour(begin.at);
    this.data.takeRecipe(plan.data, plan.splitSettings);
    if (recipe.type === 'stages') this.stages = recipe.stages.map((config) => new StageDraft(config));
    this.sharing = plan.sharing;
    this.judgedOn = plan.judgedOn ?? '';
    this.judgedBy = plan.promptSetIds;
    this.stopsWhenFlat = plan.stopsWhenFlat;
    this.promotes = plan.promotes;
  }

  /** @param kinds  one after the other */
  add(...kinds: RunKind[]): void {
    this.stages = [...this.stages, ...kinds.map((kind) => new StageDraft({ kind }))].slice(0, maxStages);
  }

  remove(stage: StageDraft): void {
    this.stages = this.stages.filter((other) => other !== stage);
  }

  clear(): void {
    this.stages = [];
  }

  toPlan(): RoundPlan {
    const stages = this.stages.flatMap((stage) => stage.toConfig() ?? []);
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

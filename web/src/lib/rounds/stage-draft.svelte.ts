/** One run of a plan's recipe that is being put together: kind, settings and rewards; what it starts from and learns from is the round's. */
import type { RunKind, StageConfig } from '$contracts';
import { newStageConfigSchema } from '$contracts/round-recipe';
import { ConfigDraft } from '$lib/runs/config-draft.svelte';
import type { RunShelf } from '$lib/runs/run-shelf.svelte';

let made = 0;

export class StageDraft extends ConfigDraft<StageConfig> {
  /** Tells stages of the same kind apart on the page. */
  readonly key = made++;

  /** @param startVersionId  any of the model, whose reward models are the ones to choose from */
  constructor(shelf: RunShelf, startVersionId: string) {
    super(newStageConfigSchema, shelf);
    this.startVersionId = startVersionId;
  }

  /** One that answers itself begins with what the round makes to judge by. */
  override chooseKind(kind: RunKind): void {
    super.chooseKind(kind);
    if (this.isOnline && this.rewards.length === 0) this.addReward({ type: 'round_model', weight: 1 });
  }
}

import { stageRewardSchema, type StageReward } from '$contracts/rewards';
import { CheckDraft } from '$lib/checks/check-draft.svelte';

let drafts = 0;

/** A reward as it is being typed: of a run, or of a stage. */
export class RewardDraft {
  /** For keyed lists: rewards have no id. */
  readonly key = ++drafts;
  type = $state<StageReward['type']>('check');
  weight = $state('1');
  /** Of a reward model, or of a judge; empty while none is chosen, and for the model that judges itself. */
  versionId = $state('');
  prompt = $state('');
  readonly check: CheckDraft;

  /** Null while something is missing or wrong. */
  readonly reward = $derived.by(
    (): StageReward | null => stageRewardSchema.safeParse(this.#toRaw()).data ?? null,
  );

  constructor(reward?: StageReward) {
    this.check = new CheckDraft(reward?.type === 'check' ? reward.check : { kind: 'ends_with_question' });
    if (!reward) return;
    this.type = reward.type;
    this.weight = String(reward.weight);
    if (reward.type === 'model' || reward.type === 'judge') this.versionId = reward.versionId ?? '';
    if (reward.type === 'judge') this.prompt = reward.prompt;
  }

  #toRaw(): unknown {
    const { type, versionId, prompt } = this;
    const weight = this.weight.trim() === '' ? Number.NaN : Number(this.weight);
    if (type === 'round_model') return { type, weight };
    if (type === 'model') return { type, versionId, weight };
    if (type === 'judge') return { type, prompt, versionId: versionId || null, weight };
    return { type, check: this.check.check, weight };
  }
}

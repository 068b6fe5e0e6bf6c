/** A run that is being put together: what from, on what, how, when; and what it would take. */
import type {
  Dataset,
  NewRun,
  Pricing,
  RewardModel,
  RunDetail,
  RunEstimate,
  RunKind,
  RunPriority,
  RunProposal,
  RunSharing,
} from '$contracts';
import { isOnline, onlineKinds } from '$contracts/runs';
import { http } from '$lib/net/api';
import { toConfig, toFields, toFormValues, type CheckedConfig, type ConfigField } from './config-form';
import type { FormValue, FormValues } from '$lib/forms/schema-field';
import { RewardDraft } from './reward-draft.svelte';

const isOnlineKind = (kind: RunKind) => (onlineKinds as readonly RunKind[]).includes(kind);

export class RunDraft {
  datasets = $state.raw<readonly Dataset[]>([]);
  proposal = $state.raw<RunProposal | null>(null);
  name = $state('');
  datasetId = $state('');
  startVersionId = $state('');
  kind = $state<RunKind>('dpo');
  values = $state.raw<FormValues>({});
  priority = $state<RunPriority>('normal');
  sharing = $state<RunSharing>('share');
  /** As a `datetime-local` input has it; empty starts as soon as there is room. */
  scheduledAt = $state('');
  isNightly = $state(false);
  /** One a line. */
  samplePrompts = $state('');
  estimate = $state.raw<RunEstimate | null>(null);
  /** Of the estimate. */
  pricing = $state.raw<Pricing | null>(null);
  isEstimating = $state(false);
  rewards = $state.raw<readonly RewardDraft[]>([]);
  rewardModels = $state.raw<readonly RewardModel[]>([]);

  /** Those that are in order. */
  readonly #rewards = $derived(this.rewards.flatMap(({ reward }) => reward ?? []));
  readonly fields = $derived<ConfigField[]>(toFields(this.kind));
  /** It answers itself, and learns from what its answers are worth. */
  readonly isOnline = $derived(isOnlineKind(this.kind));
  readonly checked = $derived<CheckedConfig>(
    toConfig(this.kind, this.fields, this.values, this.isOnline ? { rewards: this.#rewards } : {}),
  );
  readonly issues = $derived('issues' in this.checked ? this.checked.issues : {});
  readonly isReady = $derived(
    'config' in this.checked &&
      this.datasetId !== '' &&
      this.startVersionId !== '' &&
      (!this.isOnline || (this.rewards.length > 0 && this.#rewards.length === this.rewards.length)),
  );

  /** @param startVersionId  what answers now, unless something else is chosen */
  constructor(startVersionId: string | null) {
    this.startVersionId = startVersionId ?? '';
    this.values = toFormValues(this.fields);
  }

  async load(): Promise<void> {
    [this.datasets, this.rewardModels] = await Promise.all([
      http.get<Dataset[]>('/api/datasets'),
      http.get<RewardModel[]>('/api/reward-models'),
    ]);
  }

  /** Begins as a copy. */
  async cloneFrom(runId: string): Promise<void> {
    const run = await http.get<RunDetail>(`/api/runs/${runId}`);
    await this.chooseDataset(run.datasetId);
    this.kind = run.config.kind;
    this.values = toFormValues(this.fields, run.config);
    this.rewards = isOnline(run.config) ? run.config.rewards.map((reward) => new RewardDraft(reward)) : [];
    this.name = run.name;
    this.startVersionId = run.startVersionId;
    this.priority = run.priority;
    this.sharing = run.sharing;
    this.samplePrompts = run.samplePrompts.join('\n');
  }

  /** Takes what the dataset is best for. */
  async chooseDataset(id: string): Promise<void> {
    this.datasetId = id;
    this.estimate = null;
    if (id === '') return;
    const proposal = await http.get<RunProposal>(`/api/runs/proposal?datasetId=${id}`);
    if (this.datasetId !== id) return;
    this.proposal = proposal;
    const [best] = proposal.kinds;
    if (best) this.chooseKind(best.kind);
  }

  chooseKind(kind: RunKind): void {
    this.kind = kind;
    const proposed = this.proposal?.kinds.find((one) => one.kind === kind)?.config;
    this.values = toFormValues(this.fields, proposed);
    this.estimate = null;
  }

  set(path: string, value: FormValue): void {
    this.values = { ...this.values, [path]: value };
    this.estimate = null;
  }

  addReward(): void {
    this.rewards = [...this.rewards, new RewardDraft()];
  }

  removeReward(key: number): void {
    this.rewards = this.rewards.filter((reward) => reward.key !== key);
  }

  async measure(): Promise<void> {
    this.isEstimating = true;
    try {
      const [estimate, pricing] = await Promise.all([
        http.post<RunEstimate>('/api/runs/estimate', this.#toBody()),
        http.get<Pricing>('/api/costs/prices'),
      ]);
      this.pricing = pricing;
      this.estimate = estimate;
    } finally {
      this.isEstimating = false;
    }
  }

  /** @returns id of the run */
  async start(): Promise<string> {
    return (await http.post<RunDetail>('/api/runs', this.#toBody())).id;
  }

  #toBody(): NewRun {
    if (!('config' in this.checked)) throw new Error('The settings are not in order; the form says which.');
    const lines = this.samplePrompts.split('\n').map((line) => line.trim());
    return {
      name: this.name.trim() || null,
      config: this.checked.config,
      datasetId: this.datasetId,
      startVersionId: this.startVersionId,
      priority: this.priority,
      sharing: this.sharing,
      scheduledAt: this.scheduledAt === '' ? null : new Date(this.scheduledAt).toISOString(),
      repeats: this.isNightly && this.scheduledAt !== '' ? 'nightly' : 'once',
      samplePrompts: lines.filter(Boolean).slice(0, 8),
    };
  }
}

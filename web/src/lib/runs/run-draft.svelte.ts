/** A run that is being put together: what from, on what, how, when; and what it would take. */
import type {
  NewRun,
  Pricing,
  RunConfig,
  RunDetail,
  RunEstimate,
  RunKind,
  RunPriority,
  RunProposal,
  RunSharing,
} from '$contracts';
import { newRunConfigSchema } from '$contracts/runs';
import type { FormValue } from '$lib/forms/schema-field';
import { http } from '$lib/net/api';
import { ConfigDraft } from './config-draft.svelte';
import { RunShelf } from './run-shelf.svelte';

export class RunDraft extends ConfigDraft<RunConfig> {
  proposal = $state.raw<RunProposal | null>(null);
  name = $state('');
  datasetId = $state('');
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

  readonly isReady = $derived(this.isInOrder && this.datasetId !== '' && this.startVersionId !== '');

  /** @param startVersionId  what answers now, unless something else is chosen */
  constructor(startVersionId: string | null) {
    super(newRunConfigSchema, new RunShelf());
    this.startVersionId = startVersionId ?? '';
  }

  /** Begins as a copy. */
  async cloneFrom(runId: string): Promise<void> {
    const run = await http.get<RunDetail>(`/api/runs/${runId}`);
    await this.chooseDataset(run.datasetId);
    this.take(run.config);
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

  override chooseKind(kind: RunKind): void {
    super.chooseKind(kind, this.proposal?.kinds.find((one) => one.kind === kind)?.config);
    this.estimate = null;
  }

  override set(path: string, value: FormValue): void {
    super.set(path, value);
    this.estimate = null;
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

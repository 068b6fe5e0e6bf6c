/** Trained versions beside what is live: what speaks for each, and the acts that follow from it. */
import type {
  Canary,
  Dataset,
  Evaluation,
  NewEvaluation,
  Promotion,
  PromptSet,
  RewardModel,
  VersionStanding,
} from '$contracts';
import { holdsOutVotes } from '$contracts/evaluations';
import type { Models } from '$lib/models/models.svelte';
import { http } from '$lib/net/api';
import { Polling } from '$lib/net/polling';
import { refresh } from '$lib/net/refresh';

/** While something is being judged. */
const checkAgainMs = 1500;

export class VersionShelf {
  standings = $state.raw<ReadonlyMap<string, VersionStanding>>(new Map());
  promotions = $state.raw<readonly Promotion[]>([]);
  /** Versions on trial. */
  canaries = $state.raw<readonly Canary[]>([]);
  rewardModels = $state.raw<readonly RewardModel[]>([]);
  /** Those that hold out pairs. */
  datasets = $state.raw<readonly Dataset[]>([]);
  /** Those that evaluations ask: not the ones for training. */
  promptSets = $state.raw<readonly PromptSet[]>([]);
  loaded = $state(false);
  readonly #isJudging = $derived(
    [...this.standings.values()].some(({ evaluation }) => isUnderWay(evaluation)),
  );

  readonly #judging = new Polling(
    () => this.#loadStandings(),
    () => (this.#isJudging ? checkAgainMs : null),
  );

  constructor(private readonly models: Models) {}

  async load(): Promise<void> {
    await this.#loadCanaries();
    const [promotions, datasets, rewardModels, promptSets] = await Promise.all([
      http.get<Promotion[]>('/api/promotions'),
      http.get<Dataset[]>('/api/datasets'),
      http.get<RewardModel[]>('/api/reward-models'),
      http.get<PromptSet[]>('/api/prompt-sets'),
      this.models.load(),
    ]);
    this.promotions = promotions;
    this.rewardModels = rewardModels;
    this.promptSets = promptSets.filter(({ purpose, prompts }) => purpose !== 'training' && prompts > 0);
    this.datasets = datasets.filter(({ counts }) => holdsOutVotes(counts));
    await this.#judging.now();
    this.loaded = true;
  }

  async giveShare(versionId: string, share: number): Promise<void> {
    await http.put<Canary>(`/api/versions/${versionId}/canary`, { share });
    await refresh(this.#loadCanaries());
  }

  async withdraw(versionId: string): Promise<void> {
    await http.delete(`/api/versions/${versionId}/canary`);
    await refresh(this.#loadCanaries());
  }

  stop(): void {
    this.#judging.stop();
  }

  async evaluate(wanted: NewEvaluation): Promise<void> {
    await http.post<Evaluation>('/api/evaluations', wanted);
    await refresh(this.#judging.now());
  }

  async chooseJudge(modelId: string, versionId: string): Promise<void> {
    this.rewardModels = await http.put<RewardModel[]>(`/api/models/${modelId}/judge`, { versionId });
  }

  async promote(versionId: string, reason: string | null): Promise<Promotion> {
    const promotion = await http.post<Promotion>(`/api/versions/${versionId}/promote`, { reason });
    await refresh(this.load());
    return promotion;
  }

  async rollBack(modelId: string): Promise<Promotion> {
    const promotion = await http.post<Promotion>(`/api/models/${modelId}/rollback`, {});
    await refresh(this.load());
    return promotion;
  }

  async #loadCanaries(): Promise<void> {
    this.canaries = await http.get<Canary[]>('/api/canaries');
  }

  async #loadStandings(): Promise<void> {
    const trained = this.models.versions.filter(({ hasAdapter, isLive }) => hasAdapter && !isLive);
    const standings = await Promise.all(
      trained.map(({ id }) => http.get<VersionStanding>(`/api/versions/${id}/standing`)),
    );
    this.standings = new Map(standings.map((standing) => [standing.version.id, standing]));
  }
}

export function isUnderWay(evaluation: Evaluation | null): boolean {
  return evaluation?.state === 'queued' || evaluation?.state === 'running';
}

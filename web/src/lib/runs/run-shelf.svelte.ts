/** What the settings of a run can name: data, and reward models. */
import type { Dataset, RewardModel } from '$contracts';
import { http } from '$lib/net/api';

export class RunShelf {
  datasets = $state.raw<readonly Dataset[]>([]);
  rewardModels = $state.raw<readonly RewardModel[]>([]);

  async load(): Promise<void> {
    [this.datasets, this.rewardModels] = await Promise.all([
      http.get<Dataset[]>('/api/datasets'),
      http.get<RewardModel[]>('/api/reward-models'),
    ]);
  }
}

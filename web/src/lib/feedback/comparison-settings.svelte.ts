/** The admin's choice of what is compared and how often it is offered: a draft of it, until it is saved. */
import type { Candidates, ComparisonSettings } from '$contracts';
import { http } from '$lib/net/api';

const path = '/api/comparisons/settings';

export class ComparisonDraft {
  /** Percent of the turns. */
  percent = $state(0);
  /** People are asked where a reward model is least sure. */
  asksUnsure = $state(false);
  type = $state<Candidates['type']>('seeds');
  firstId = $state('');
  secondId = $state('');
  isLoaded = $state(false);

  readonly isComplete = $derived(
    this.type === 'seeds' || (this.secondId !== '' && (this.type !== 'pair' || this.firstId !== '')),
  );

  async load(): Promise<void> {
    this.#take(await http.get<ComparisonSettings>(path));
    this.isLoaded = true;
  }

  async save(): Promise<void> {
    const settings: ComparisonSettings = {
      share: this.percent / 100,
      candidates: this.#candidates(),
      asksUnsure: this.asksUnsure,
    };
    this.#take(await http.put<ComparisonSettings>(path, settings));
  }

  #candidates(): Candidates {
    switch (this.type) {
      case 'seeds':
        return { type: 'seeds' };
      case 'challenger':
        return { type: 'challenger', versionId: this.secondId };
      case 'pair':
        return { type: 'pair', firstId: this.firstId, secondId: this.secondId };
    }
  }

  #take({ share, candidates, asksUnsure = false }: ComparisonSettings): void {
    this.asksUnsure = asksUnsure;
    this.percent = Math.round(share * 100);
    this.type = candidates.type;
    if (candidates.type === 'challenger') this.secondId = candidates.versionId;
    if (candidates.type === 'pair') [this.firstId, this.secondId] = [candidates.firstId, candidates.secondId];
  }
}

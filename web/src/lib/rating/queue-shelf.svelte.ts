/** Raters' queues, and what new ones can be made of. */
import type { Dataset, NewRatingQueue, PromptSet, RatingQueue, UpdateRatingQueue } from '$contracts';
import { http } from '$lib/net/api';
import { Polling } from '$lib/net/polling';
import { refresh } from '$lib/net/refresh';

const checkAgainMs = 3000;

export class QueueShelf {
  queues = $state.raw<readonly RatingQueue[]>([]);
  /** Those whose held-out prompts can be answered. */
  datasets = $state.raw<readonly Dataset[]>([]);
  promptSets = $state.raw<readonly PromptSet[]>([]);
  loaded = $state(false);
  readonly #polling = new Polling(
    async () => void (this.queues = await http.get<RatingQueue[]>('/api/rating-queues')),
    () => (this.queues.some(isMoving) ? checkAgainMs : null),
  );

  async load(): Promise<void> {
    const [datasets, sets] = await Promise.all([
      http.get<Dataset[]>('/api/datasets'),
      http.get<PromptSet[]>('/api/prompt-sets'),
    ]);
    this.promptSets = sets.filter(({ prompts }) => prompts > 0);
    this.datasets = datasets.filter(({ counts }) => (counts.preference?.held_out ?? 0) > 0);
    await this.#polling.now();
    this.loaded = true;
  }

  stop(): void {
    this.#polling.stop();
  }

  async create(fresh: Omit<NewRatingQueue, 'maxTokens'>): Promise<void> {
    await http.post<RatingQueue>('/api/rating-queues', fresh);
    await refresh(this.#polling.now());
  }

  async update(id: string, change: UpdateRatingQueue): Promise<void> {
    await http.patch<RatingQueue>(`/api/rating-queues/${id}`, change);
    await refresh(this.#polling.now());
  }
}

/** Its answers are being made, or raters are at work. */
function isMoving({ isOpen, pairs, votesWanted }: RatingQueue): boolean {
  return isOpen && (votesWanted > 0 || pairs.ready < pairs.all - pairs.unfit);
}

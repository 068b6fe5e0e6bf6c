/** The pair that a rater has before them, and what they say of it. */
import { version } from '$app/environment';
import type { NextRating, RatingTask } from '$contracts';
import type { VoteWords } from '$lib/feedback/conversation-feedback.svelte';
import { JudgingClock } from '$lib/feedback/judging-clock';
import { http } from '$lib/net/api';

export class Rater {
  task = $state.raw<RatingTask | null>(null);
  waiting = $state(0);
  judged = $state(0);
  isLoaded = $state(false);
  isBusy = $state(false);
  readonly #clock = new JudgingClock();

  load(): Promise<void> {
    return this.#take(() => http.post<NextRating>('/api/ratings/next'));
  }

  async vote(words: VoteWords): Promise<void> {
    const { task } = this;
    if (!task || this.isBusy) return;
    const body = {
      ...words,
      durationMs: this.#clock.measure(task.pairId),
      clientVersion: version.slice(0, 40),
    };
    await this.#take(() => http.post<NextRating>(`/api/ratings/${task.pairId}/vote`, body));
  }

  async skip(): Promise<void> {
    const { task } = this;
    if (task && !this.isBusy)
      await this.#take(() => http.post<NextRating>(`/api/ratings/${task.pairId}/skip`));
  }

  async #take(ask: () => Promise<NextRating>): Promise<void> {
    this.isBusy = true;
    try {
      const { task, waiting, judged } = await ask();
      Object.assign(this, { task, waiting, judged, isLoaded: true });
      this.#clock.restart();
      if (task) this.#clock.see(task.pairId);
    } finally {
      this.isBusy = false;
    }
  }
}

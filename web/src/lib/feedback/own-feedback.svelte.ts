/** One's own feedback, page by page, newest first; what is changed or taken back changes here at once. */
import type { FeedbackEvent, OwnFeedback, VoteResult } from '$contracts';
import { http } from '$lib/net/api';
import { withPage } from '$lib/net/with-page';
import type { ThumbValue, VoteWords } from './conversation-feedback.svelte';

const pageSize = 30;

export class OwnFeedbackList {
  items = $state.raw<readonly OwnFeedback[]>([]);
  hasMore = $state(false);
  isLoaded = $state(false);
  /** Acts that were read. Those that are new elsewhere push known ones into the next page, so it can be more than are shown. */
  #offset = 0;
  #isLoading = false;

  /** What is asked for again while it is on its way comes once. */
  async loadMore(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      const path = `/api/me/feedback?limit=${pageSize}&offset=${this.#offset}`;
      const page = await http.get<OwnFeedback[]>(path);
      this.#offset += page.length;
      this.items = withPage(this.items, page);
      this.hasMore = page.length === pageSize;
      this.isLoaded = true;
    } finally {
      this.#isLoading = false;
    }
  }

  async takeBack(item: OwnFeedback): Promise<void> {
    await http.delete(`/api/me/feedback/${item.id}`);
    this.items = this.items.filter(({ id }) => id !== item.id);
    this.#offset -= 1;
  }

  /** The other thumb; reasons of the first one are none of it. */
  async changeThumb(item: OwnFeedback, value: ThumbValue): Promise<void> {
    this.#replace(item, await http.put<FeedbackEvent>(`/api/messages/${item.subjectId}/thumb`, { value }));
  }

  /** Another outcome, for the same reasons. */
  async changeVote(item: OwnFeedback, outcome: VoteWords['outcome']): Promise<void> {
    if (item.payload.kind !== 'comparison') return;
    const { tags, criteria, comment } = item.payload;
    const body = { outcome, tags, criteria, comment };
    const { event } = await http.post<VoteResult>(`/api/comparisons/${item.subjectId}/vote`, body);
    this.#replace(item, event);
  }

  #replace(item: OwnFeedback, event: FeedbackEvent): void {
    // No version has learnt from what was only just said.
    this.items = this.items.map((other) => (other === item ? { ...item, ...event, learners: [] } : other));
  }
}

/** Everybody's feedback, as an admin looks at it: a selection, its table, its counts, and one act that is open. */
import type {
  ExcludeFeedback,
  FeedbackDetail,
  FeedbackFilter,
  FeedbackPage,
  FeedbackSummary,
  ReviewedFeedback,
  User,
} from '$contracts';
import { http } from '$lib/net/api';
import { withPage } from '$lib/net/with-page';
import { toQuery } from './selection';

export class Review {
  filter = $state.raw<FeedbackFilter>({});
  items = $state.raw<readonly ReviewedFeedback[]>([]);
  summary = $state.raw<FeedbackSummary | null>(null);
  people = $state.raw<readonly User[]>([]);
  opened = $state.raw<FeedbackDetail | null>(null);
  #cursor = $state<string | null>(null);
  /** Where the page begins that is on its way. */
  #loadingFrom: string | null = null;
  /** What was asked for last: an answer to anything before it is too late. */
  #asked = 0;

  readonly hasMore = $derived(this.#cursor !== null);

  /** @param filter  what is looked at first */
  async start(filter: FeedbackFilter): Promise<void> {
    const [people] = await Promise.all([http.get<User[]>('/api/users'), this.select(filter)]);
    this.people = people;
  }

  /** Fields that are undefined narrow nothing. */
  async select(change: FeedbackFilter): Promise<void> {
    this.filter = { ...this.filter, ...change };
    await this.#load();
  }

  async clear(): Promise<void> {
    this.filter = {};
    await this.#load();
  }

  /** What is asked for again while it is on its way comes once. */
  async loadMore(): Promise<void> {
    const cursor = this.#cursor;
    if (cursor === null || cursor === this.#loadingFrom) return;
    const asked = this.#asked;
    this.#loadingFrom = cursor;
    try {
      const page = await http.get<FeedbackPage>(`/api/feedback?${toQuery(this.filter, { cursor })}`);
      if (asked !== this.#asked) return;
      this.items = withPage(this.items, page.items);
      this.#cursor = page.nextCursor;
    } finally {
      this.#loadingFrom = null;
    }
  }

  async open(id: string): Promise<void> {
    this.opened = await http.get<FeedbackDetail>(`/api/feedback/events/${id}`);
  }

  close(): void {
    this.opened = null;
  }

  /** Has the reward model of their base score the answers. */
  async score(id: string): Promise<void> {
    this.opened = await http.post<FeedbackDetail>(`/api/feedback/events/${id}/scores`);
  }

  /** The row stays where it is, so that one can see what one did. */
  async exclude(id: string, body: ExcludeFeedback): Promise<void> {
    const detail = await http.post<FeedbackDetail>(`/api/feedback/events/${id}/exclusions`, body);
    this.opened = detail;
    this.items = this.items.map((item) =>
      item.id === id ? { ...item, isExcluded: detail.isExcluded } : item,
    );
  }

  async #load(): Promise<void> {
    const asked = ++this.#asked;
    const query = toQuery(this.filter);
    const [page, summary] = await Promise.all([
      http.get<FeedbackPage>(`/api/feedback?${query}`),
      http.get<FeedbackSummary>(`/api/feedback/summary?${query}`),
    ]);
    if (asked !== this.#asked) return;
    this.items = page.items;
    this.#cursor = page.nextCursor;
    this.summary = summary;
  }
}

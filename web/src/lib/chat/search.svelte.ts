/** Full-text search as one types: asks once the keys rest, and forgets answers that came too late. */
import type { SearchHit } from '$contracts';
import type { ConversationList } from './conversation-list.svelte';

const restMs = 220;

export class Search {
  query = $state('');
  hits = $state.raw<readonly SearchHit[] | null>(null);
  fault = $state.raw<unknown>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | null = null;

  constructor(private readonly conversations: ConversationList) {}

  set(query: string): void {
    this.query = query;
    clearTimeout(this.#timer);
    this.#running?.abort();
    if (query.trim() === '') {
      this.hits = null;
      return;
    }
    this.#timer = setTimeout(() => void this.#ask(query.trim()), restMs);
  }

  async #ask(query: string): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      this.hits = await this.conversations.search(query, running.signal);
      this.fault = null;
    } catch (error) {
      if (!running.signal.aborted) this.fault = error;
    }
  }
}

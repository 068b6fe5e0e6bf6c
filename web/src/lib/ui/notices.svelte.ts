/** Short messages at the edge of the page: what went wrong, or that something was done. */
import { createContext } from 'svelte';

export interface Notice {
  id: number;
  kind: 'done' | 'fault';
  text: string;
}

const shownMs = { done: 3_500, fault: 9_000 } as const;

export class Notices {
  list = $state<Notice[]>([]);
  #nextId = 1;
  /** Lists that could draw them, the one that was opened last at the end. */
  #places = $state.raw<readonly symbol[]>([]);

  done(text: string): void {
    this.#add('done', text);
  }

  fault(text: string): void {
    this.#add('fault', text);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** @returns takes the list away again */
  open(place: symbol): () => void {
    this.#places = [...this.#places, place];
    return () => (this.#places = this.#places.filter((other) => other !== place));
  }

  /** All that is behind a dialog is inert: they are drawn once, in what was opened last. */
  isDrawnIn(place: symbol): boolean {
    return this.#places.at(-1) === place;
  }

  #add(kind: Notice['kind'], text: string): void {
    const id = this.#nextId++;
    this.list = [...this.list.filter((notice) => notice.text !== text), { id, kind, text }];
    setTimeout(() => this.dismiss(id), shownMs[kind]);
  }
}

export const [useNotices, provideNotices] = createContext<Notices>();

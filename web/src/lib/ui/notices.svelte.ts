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

  done(text: string): void {
    this.#add('done', text);
  }

  fault(text: string): void {
    this.#add('fault', text);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(kind: Notice['kind'], text: string): void {
    const id = this.#nextId++;
    this.list = [...this.list.filter((notice) => notice.text !== text), { id, kind, text }];
    setTimeout(() => this.dismiss(id), shownMs[kind]);
  }
}

export const [useNotices, provideNotices] = createContext<Notices>();

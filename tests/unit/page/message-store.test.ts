/** The messages of an open conversation, and streams that are told before the messages are here. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../../../common/contracts/index.js';
import { MessageStore } from '../../../web/src/lib/chat/message-store.svelte.js';

const answer = (change: Partial<Message> = {}): Message => ({
  id: 'answer',
  conversationId: 'conversation',
  parentId: null,
  role: 'assistant',
  content: '',
  status: 'streaming',
  createdAt: '2030-01-01T00:00:00.000Z',
  editedFromId: null,
  generation: null,
  ...change,
});
const delta = (offset: number, text: string) => ({ type: 'delta' as const, offset, text });

describe('an answer whose stream is told before it is here', () => {
  let store: MessageStore;
  const shown = () => {
    store.leafId = 'answer';
    return store.branch[0]?.live.text;
  };

  beforeEach(() => {
    // A page in the background shows every word at once.
    vi.stubGlobal('document', { hidden: true });
    vi.stubGlobal('cancelAnimationFrame', () => undefined);
    store = new MessageStore();
    store.hear('answer', '1-0', delta(0, 'One, '));
    store.hear('answer', '2-0', delta(5, 'two, '));
    return () => vi.unstubAllGlobals();
  });

  it('has its beginning', () => {
    store.put(answer());
    store.hear('answer', '3-0', delta(10, 'three'));
    expect(shown()).toBe('One, two, three');
    expect(store.entriesSeen()).toEqual({ answer: '3-0' });
  });

  it('stays as it is once it has ended', () => {
    store.put(answer({ status: 'complete', content: 'One, two.' }));
    expect(shown()).toBe('One, two.');
    expect(store.running).toEqual([]);
  });
});

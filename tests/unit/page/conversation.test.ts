/** How an open conversation learns that it cannot be shown, and when something can be said in it. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Conversation } from '../../../web/src/lib/chat/conversation.svelte.js';
import type { Socket, Watch } from '../../../web/src/lib/net/socket.svelte.js';

let watch: Watch;
let answer: (result: null) => void;
const socket = {
  state: 'open',
  request: () => new Promise((resolve) => (answer = resolve)),
  watch: (watched: Watch) => {
    watch = watched;
    return () => undefined;
  },
} as unknown as Socket;
const fetched = vi.fn<typeof fetch>();

const here = { id: 'c', title: 'Here', leafId: null, messages: [], comparisons: [] };
const refusal = (code: string) => ({ code, message: 'None.', details: {}, retryable: false });
const answered = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

async function opened(): Promise<Conversation> {
  const conversation = new Conversation('c', socket);
  await conversation.open();
  return conversation;
}

beforeEach(() => {
  vi.stubGlobal('sessionStorage', { getItem: () => null });
  vi.stubGlobal('fetch', fetched);
  return () => vi.unstubAllGlobals();
});

describe('a conversation', () => {
  it.each([
    ['RESOURCE_NOT_FOUND', 404],
    ['REQUEST_INVALID', 400],
  ])(
    'that the server does not follow is asked for over HTTP, and gone where that says %s',
    async (code, status) => {
      fetched.mockImplementation(() => Promise.resolve(answered(refusal(code), status)));
      const conversation = await opened();
      expect(conversation.isGone).toBe(false);
      watch.onrefused();
      await expect.poll(() => conversation.isGone).toBe(true);
    },
  );

  it('is gone once it is deleted, though it is on the screen', async () => {
    fetched.mockImplementation(() => Promise.resolve(answered(here)));
    const conversation = await opened();
    await conversation.read();
    watch.onevent({ type: 'conversation.deleted', conversationId: 'c' });
    expect(conversation.row).not.toBeNull();
    expect(conversation.isGone).toBe(true);
  });

  it('that cannot be reached is not gone, and is here when it is asked for again', async () => {
    fetched.mockRejectedValueOnce(new TypeError('offline'));
    const conversation = await opened();
    await conversation.read();
    expect(conversation.loadError).toMatchObject({ code: 'PAGE_OFFLINE' });
    expect(conversation.isGone).toBe(false);
    fetched.mockImplementation(() => Promise.resolve(answered(here)));
    await conversation.read();
    expect(conversation.loadError).toBeNull();
  });

  it('takes no message before it is here, nor while another is on its way', async () => {
    fetched.mockImplementation(() => Promise.resolve(answered(here)));
    const conversation = await opened();
    expect(conversation.takesMessages).toBe(false);
    await conversation.read();
    expect(conversation.takesMessages).toBe(true);
    const sending = conversation.send('First.');
    expect(conversation.takesMessages).toBe(false);
    answer(null);
    await sending;
    expect(conversation.takesMessages).toBe(true);
  });
});

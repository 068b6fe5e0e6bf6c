/** What fails once is tried again: looks, drafts, and what was not told while the connection was away. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Draft } from '../../../web/src/lib/chat/draft.svelte.js';
import { Polling } from '../../../web/src/lib/net/polling.js';
import { Socket } from '../../../web/src/lib/net/socket.svelte.js';

beforeEach(() => {
  vi.useFakeTimers();
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

describe('looking again and again', () => {
  const waitMs = 1_000;

  it('goes on after a look that failed', async () => {
    const look = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('once')).mockResolvedValue();
    const polling = new Polling(look, () => waitMs);
    await expect(polling.now()).rejects.toThrow('once');
    await vi.advanceTimersByTimeAsync(2 * waitMs);
    expect(look).toHaveBeenCalledTimes(3);
    polling.stop();
  });

  it('ends with a stop, in the middle of a look too, until it is started again', async () => {
    let end = () => undefined as void;
    const look = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
    const polling = new Polling(look, () => waitMs);
    const first = polling.now();
    polling.stop();
    end();
    await first;
    await vi.advanceTimersByTimeAsync(2 * waitMs);
    expect(look).toHaveBeenCalledTimes(1);
    void polling.start();
    end();
    await vi.advanceTimersByTimeAsync(waitMs);
    expect(look).toHaveBeenCalledTimes(3);
  });

  it('rests while there is nothing to look for', async () => {
    const look = vi.fn(() => Promise.resolve());
    await new Polling(look, () => null).now();
    await vi.advanceTimersByTimeAsync(10 * waitMs);
    expect(look).toHaveBeenCalledTimes(1);
  });
});

it('a draft that was not saved is saved when its page is left', async () => {
  const fetched = vi.fn<typeof fetch>().mockRejectedValueOnce(new TypeError('offline'));
  fetched.mockImplementation(() => Promise.resolve(new Response(null, { status: 204 })));
  vi.stubGlobal('fetch', fetched);
  const draft = new Draft('conversation');
  draft.text = 'Half a thou';
  await vi.advanceTimersByTimeAsync(5_000);
  draft.save();
  await vi.advanceTimersByTimeAsync(0);
  draft.save();
  expect(fetched).toHaveBeenCalledTimes(2);
});

it('a text that could not be sent stands before what was typed since', () => {
  const draft = new Draft('conversation');
  draft.giveBack('Sent.');
  expect(draft.text).toBe('Sent.');
  draft.text = 'Typed since.';
  draft.giveBack('Sent.');
  expect(draft.text).toBe('Sent.\n\nTyped since.');
});

describe('a connection', () => {
  interface Wire {
    onopen: () => void;
    onclose: () => void;
  }
  let wires: Wire[];
  let socket: Socket;

  beforeEach(() => {
    wires = [];
    vi.stubGlobal('location', { origin: 'http://here' });
    vi.stubGlobal('addEventListener', () => undefined);
    vi.stubGlobal('document', { addEventListener: () => undefined });
    vi.stubGlobal(
      'WebSocket',
      class implements Wire {
        onopen = () => undefined;
        onclose = () => undefined;
        send = () => undefined;
        constructor() {
          wires.push(this);
        }
      },
    );
    socket = new Socket();
    socket.connect();
  });

  it('that is there again says so, and the first one does not', async () => {
    const reopened = vi.fn();
    socket.whenReopened(reopened);
    wires[0]?.onopen();
    expect(reopened).not.toHaveBeenCalled();
    wires[0]?.onclose();
    await vi.advanceTimersByTimeAsync(1_000);
    wires[1]?.onopen();
    expect(reopened).toHaveBeenCalledTimes(1);
  });

  it('that lives and does not answer a watch has it told, and one that is gone leaves it to the next', async () => {
    const watch = {
      conversationId: 'c',
      after: () => ({}),
      onevent: vi.fn(),
      onwatching: vi.fn(),
      onrefused: vi.fn(),
    };
    socket.watch(watch);
    wires[0]?.onopen();
    wires[0]?.onclose();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(watch.onrefused).not.toHaveBeenCalled();
    wires[1]?.onopen();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(watch.onrefused).toHaveBeenCalledTimes(1);
    wires[1]?.onclose();
  });
});

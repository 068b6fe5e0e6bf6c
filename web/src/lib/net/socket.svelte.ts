/**
 * The page's one socket. It owns the connection: reconnects with back-off, answers requests by id, and keeps every watch alive across
 * reconnections by watching again from the entries that were seen last.
 */
import { createContext } from 'svelte';
import type { ClientMessage, SendResult, ServerMessage } from '$contracts';
import { ApiError } from './api';

export type SocketState = 'idle' | 'connecting' | 'open' | 'waiting';
type WithoutId<M> = M extends ClientMessage ? Omit<M, 'id'> : never;
/** What `request` sends: a client message whose id the socket chooses. */
export type SocketRequest = WithoutId<ClientMessage>;
/** Everything the server says of its own accord. */
export type SocketEvent = Exclude<ServerMessage, { type: 'ok' | 'error' }>;

export type RunSocketEvent = Extract<SocketEvent, { type: 'run.event' | 'run.changed' }>;
export type ChatSocketEvent = Exclude<SocketEvent, RunSocketEvent>;

export interface Watch {
  conversationId: string;
  /** Last stream entry seen of each running answer, asked for at every (re)connection. */
  after: () => Record<string, string>;
  onevent: (event: ChatSocketEvent) => void;
  /** The server follows from now on; what changed before is to be read over HTTP. */
  onwatching: () => void;
  /** The server does not follow it; what there is to say is said over HTTP. */
  onrefused: () => void;
}
/** Follows a training run, or with null the list of them. */
export interface RunWatch {
  runId: string | null;
  onevent: (event: RunSocketEvent) => void;
  /** The server follows from now on; what happened before is to be read over HTTP. */
  onwatching: () => void;
}
interface Waiting {
  resolve: (result: SendResult | null) => void;
  reject: (error: ApiError) => void;
}

const firstDelayMs = 400;
const longestDelayMs = 10_000;
const pingEveryMs = 25_000;
const answerWithinMs = 15_000;

export class Socket {
  state = $state<SocketState>('idle');
  #socket: WebSocket | null = null;
  #attempts = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #nextId = 1;
  readonly #waiting = new Map<string, Waiting>();
  readonly #watches = new Set<Watch>();
  readonly #runWatches = new Set<RunWatch>();
  readonly #reopened = new Set<() => void>();
  #hasBeenOpen = false;
  readonly #listeners = new Set<(event: ChatSocketEvent) => void>();

  connect(): void {
    if (this.state !== 'idle') return;
    addEventListener('online', this.#retryNow);
    document.addEventListener('visibilitychange', this.#retryWhenVisible);
    this.#open();
  }

  /** Closes for good, as at sign-out. */
  disconnect(): void {
    removeEventListener('online', this.#retryNow);
    document.removeEventListener('visibilitychange', this.#retryWhenVisible);
    clearTimeout(this.#retryTimer);
    const socket = this.#socket;
    this.#socket = null;
    this.#closed();
    this.#hasBeenOpen = false;
    this.state = 'idle';
    socket?.close();
  }

  /** Resolves with the server's answer; rejects with its error, or PAGE_OFFLINE when the connection is or goes down. */
  request(message: SocketRequest): Promise<SendResult | null> {
    if (this.state !== 'open') return Promise.reject(offline());
    const id = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#take(id)?.reject(offline()), answerWithinMs);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#socket?.send(JSON.stringify({ ...message, id }));
    });
  }

  /** Follows a conversation until the returned function is called. */
  watch(watch: Watch): () => void {
    this.#watches.add(watch);
    if (this.state === 'open') void this.#startWatch(watch);
    return () => {
      this.#watches.delete(watch);
      if (this.state !== 'open') return;
      this.request({ type: 'conversation.unwatch', conversationId: watch.conversationId }).catch(ignore);
    };
  }

  /** Follows a run until the returned function is called. */
  watchRun(watch: RunWatch): () => void {
    this.#runWatches.add(watch);
    if (this.state === 'open') void this.#startRunWatch(watch);
    return () => {
      this.#runWatches.delete(watch);
      if (this.state !== 'open') return;
      this.request({ type: 'run.unwatch', runId: watch.runId }).catch(ignore);
    };
  }

  /** Every event whatever conversation it is about, for the list of conversations. */
  listen(listener: (event: ChatSocketEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called when the connection is there again: what happened meanwhile was not told. */
  whenReopened(listener: () => void): () => void {
    this.#reopened.add(listener);
    return () => this.#reopened.delete(listener);
  }

  #open(): void {
    this.state = 'connecting';
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#receive(String(data));
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#closed();
      this.#retryLater();
    };
  }

  #opened(): void {
    this.state = 'open';
    this.#attempts = 0;
    this.#pingTimer = setInterval(() => this.#ping(), pingEveryMs);
    for (const watch of this.#watches) void this.#startWatch(watch);
    for (const watch of this.#runWatches) void this.#startRunWatch(watch);
    if (this.#hasBeenOpen) for (const listener of this.#reopened) listener();
    this.#hasBeenOpen = true;
  }

  #closed(): void {
    clearInterval(this.#pingTimer);
    for (const waiting of this.#waiting.values()) waiting.reject(offline());
    this.#waiting.clear();
  }

  /** A connection that is silently gone shows only in an answer that never comes. */
  #ping(): void {
    this.request({ type: 'ping' }).catch(() => this.#socket?.close());
  }

  #retryLater(): void {
    this.state = 'waiting';
    const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** this.#attempts++);
    // Spread, so that a restarted server is not met by every page in the same millisecond.
    this.#retryTimer = setTimeout(() => this.#open(), delay * (0.75 + Math.random() / 2));
  }

  readonly #retryNow = (): void => {
    if (this.state !== 'waiting') return;
    clearTimeout(this.#retryTimer);
    this.#open();
  };

  readonly #retryWhenVisible = (): void => {
    if (document.visibilityState === 'visible') this.#retryNow();
  };

  async #startWatch(watch: Watch): Promise<void> {
    const { conversationId } = watch;
    try {
      await this.request({ type: 'conversation.watch', conversationId, after: watch.after() });
      if (this.#watches.has(watch)) watch.onwatching();
    } catch {
      // Without a connection, the next one watches again.
      if (this.state === 'open' && this.#watches.has(watch)) watch.onrefused();
    }
  }

  async #startRunWatch(watch: RunWatch): Promise<void> {
    try {
      await this.request({ type: 'run.watch', runId: watch.runId });
      if (this.#runWatches.has(watch)) watch.onwatching();
    } catch {
      // Offline: the next connection watches again.
    }
  }

  #receive(data: string): void {
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === 'ok') return this.#take(message.id)?.resolve(message.result);
    if (message.type === 'error') {
      if (message.id !== null) this.#take(message.id)?.reject(ApiError.fromBody(message.error));
      return;
    }
    if (message.type === 'run.event' || message.type === 'run.changed') {
      for (const watch of this.#runWatches) if (isAbout(watch, message)) watch.onevent(message);
      return;
    }
    for (const listener of this.#listeners) listener(message);
    const conversationId = conversationOf(message);
    for (const watch of this.#watches) if (watch.conversationId === conversationId) watch.onevent(message);
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

function isAbout(watch: RunWatch, event: RunSocketEvent): boolean {
  return watch.runId === event.runId || (event.type === 'run.changed' && watch.runId === null);
}

function conversationOf(event: ChatSocketEvent): string {
  if (event.type === 'message.updated') return event.message.conversationId;
  if (event.type === 'comparison.updated') return event.comparison.conversationId;
  if (event.type === 'conversation.updated') return event.conversation.id;
  return event.conversationId;
}

const offline = () => new ApiError('PAGE_OFFLINE', 'The server cannot be reached.', {}, true);
const ignore = () => undefined;

export const [useSocket, provideSocket] = createContext<Socket>();

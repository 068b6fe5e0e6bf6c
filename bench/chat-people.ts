/** People at their pages: each chat is a conversation and a socket of its own. */
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { ClientMessage, SendResult, ServerMessage } from '../common/contracts/socket.js';
import { makePrompt, toSampling, type ChatResult, type Load } from './chat-load.js';

type ChatSend = Extract<ClientMessage, { type: 'chat.send' }>;

const createdSchema = z.object({ id: z.uuid() });

export class ChatPeople {
  readonly #sockets: WebSocket[] = [];

  private constructor(
    readonly url: string,
    private readonly cookie: string,
  ) {}

  static async signIn(url: string, account: { email: string; password: string }): Promise<ChatPeople> {
    const response = await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify(account),
    });
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
    if (!response.ok || !cookie) throw new Error(`Signing in failed: ${await response.text()}`);
    return new ChatPeople(url, cookie);
  }

  /** Everyone sends at the same moment; conversations and sockets are there before. */
  async run(load: Load): Promise<ChatResult[]> {
    const { round, chats } = load;
    while (this.#sockets.length < chats) this.#sockets.push(await this.connect());
    const prepared = await Promise.all(
      this.#sockets.slice(0, chats).map(async (socket, chat) => ({
        socket,
        message: await this.#prepare(socket, load, chat),
      })),
    );
    const startedAt = performance.now();
    const results = await Promise.all(
      prepared.map(({ socket, message }) => chatOnce(socket, message, startedAt)),
    );
    // A connection watches only so many at once.
    await Promise.all(
      prepared.map(({ socket, message: { conversationId } }) =>
        request(socket, { type: 'conversation.unwatch', id: `unwatch-${round}`, conversationId }),
      ),
    );
    return results;
  }

  leave(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Another socket; it goes with the others. */
  async connect(): Promise<WebSocket> {
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/ws`, {
      headers: { cookie: this.cookie, origin: this.url },
    });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return socket;
  }

  /** Calls the installation's interface. @param body  an object goes as JSON, text as it is @returns the answer's JSON */
  async call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    path: string,
    body?: object | string,
  ): Promise<unknown> {
    const isText = typeof body === 'string';
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'content-type': isText ? 'application/octet-stream' : 'application/json',
        cookie: this.cookie,
        origin: this.url,
      },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text);
  }

  async #prepare(socket: WebSocket, load: Load, chat: number): Promise<ChatSend> {
    const { round } = load;
    // With a title, or the model would be asked for one.
    const created = await this.call('POST', '/api/conversations', { title: `Round ${round}` });
    const { id: conversationId } = createdSchema.parse(created);
    await request(socket, { type: 'conversation.watch', id: `watch-${round}`, conversationId });
    return {
      type: 'chat.send',
      id: `send-${round}`,
      conversationId,
      parentId: null,
      content: makePrompt(round, chat),
      sampling: toSampling(load),
    };
  }
}

/** @returns the result of a request, null where it has none @throws Error when it is refused */
export async function request(socket: WebSocket, message: ClientMessage): Promise<SendResult | null> {
  // What was refused unread, at the rate limit, has no id.
  const answered = next(socket, (reply) => 'id' in reply && (reply.id === message.id || reply.id === null));
  socket.send(JSON.stringify(message));
  const reply = await answered;
  if (reply.type === 'error') throw new Error(`${message.type}: ${reply.error.message}`);
  return reply.type === 'ok' ? reply.result : null;
}

function chatOnce(socket: WebSocket, message: ClientMessage, startedAt: number): Promise<ChatResult> {
  return new Promise((resolve, reject) => {
    let firstTokenMs = NaN;
    const listen = (data: Buffer) => {
      const said = JSON.parse(data.toString('utf8')) as ServerMessage;
      if (said.type === 'error') reject(new Error(said.error.message));
      if (said.type !== 'generation.event') return;
      const { event } = said;
      if (event.type === 'delta' && Number.isNaN(firstTokenMs)) firstTokenMs = performance.now() - startedAt;
      if (event.type === 'failed') reject(new Error(event.message));
      if (event.type !== 'done') return;
      socket.off('message', listen);
      resolve({ firstTokenMs, endMs: performance.now() - startedAt, tokens: event.usage.completionTokens });
    };
    socket.on('message', listen);
    socket.send(JSON.stringify(message));
  });
}

/** The next message that is so. */
export function next(socket: WebSocket, isIt: (message: ServerMessage) => boolean): Promise<ServerMessage> {
  return new Promise((resolve) => {
    const listen = (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as ServerMessage;
      if (!isIt(message)) return;
      socket.off('message', listen);
      resolve(message);
    };
    socket.on('message', listen);
  });
}

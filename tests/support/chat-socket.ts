/** A page's end of the socket, as far as a test needs it: requests that are answered, and everything else that was said. */
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ErrorBody } from '../../common/contracts/errors.js';
import type { ClientMessage, SendResult, ServerMessage } from '../../common/contracts/socket.js';
import type { ApiClient } from './api-client.js';

type Request = ClientMessage extends infer Message
  ? Message extends ClientMessage
    ? Omit<Message, 'id'>
    : never
  : never;
export type Reply = { ok: true; result: SendResult | null } | { ok: false; error: ErrorBody };

export class ChatSocket implements Disposable {
  readonly received: ServerMessage[] = [];
  /** Status that the upgrade was refused with, or code that the connection was closed with. */
  readonly closed: Promise<number>;
  private nextId = 1;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.received.push(JSON.parse(data.toString()) as ServerMessage));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
  }

  /** @throws Error with the HTTP status when the upgrade is refused */
  static async open(client: ApiClient, headers: Record<string, string> = {}): Promise<ChatSocket> {
    const socket = new WebSocket(`${client.url.replace('http', 'ws')}/ws`, {
      headers: { cookie: client.cookie, origin: client.url, ...headers },
    });
    const opened = new ChatSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`refused with ${response.statusCode}`));
        socket.terminate();
      });
      socket.once('error', reject);
    });
    return opened;
  }

  async request(request: Request): Promise<Reply> {
    const id = String(this.nextId++);
    this.socket.send(JSON.stringify({ ...request, id }));
    const reply = await this.waitFor(
      (message) => (message.type === 'ok' || message.type === 'error') && message.id === id,
    );
    if (reply.type === 'ok') return { ok: true, result: reply.result };
    if (reply.type === 'error') return { ok: false, error: reply.error };
    throw new Error('unreachable');
  }

  /** @returns the result of a request that must succeed */
  async ask(request: Request): Promise<SendResult> {
    const reply = await this.request(request);
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
    if (!reply.result) throw new Error(`${request.type} has no result`);
    return reply.result;
  }

  /** The first message, already received or still to come, that is so. */
  async waitFor(isIt: (message: ServerMessage) => boolean, timeoutMs = 20_000): Promise<ServerMessage> {
    const deadline = Date.now() + timeoutMs;
    for (let index = 0; ; index++) {
      while (index >= this.received.length) {
        if (Date.now() > deadline) throw new Error(`Waited in vain among ${this.received.length} messages.`);
        await delay(2);
      }
      const message = this.received[index];
      if (message && isIt(message)) return message;
    }
  }

  /** Waits until the message has been settled. */
  async waitForEnd(messageId: string, timeoutMs?: number) {
    const message = await this.waitFor(
      (it) =>
        it.type === 'message.updated' &&
        it.message.id === messageId &&
        it.message.status !== 'queued' &&
        it.message.status !== 'streaming',
      timeoutMs,
    );
    if (message.type !== 'message.updated') throw new Error('unreachable');
    return message.message;
  }

  /** The answer as a page would show it from the stream alone, beginning with what it had. */
  readText(messageId: string, before = ''): string {
    let text = before;
    for (const message of this.received)
      if (
        message.type === 'generation.event' &&
        message.messageId === messageId &&
        message.event.type === 'delta'
      )
        text = text.slice(0, message.event.offset) + message.event.text;
    return text;
  }

  /** Entry ids of an answer's stream, in the order of arrival. */
  readEntryIds(messageId: string): string[] {
    return this.received.flatMap((message) =>
      message.type === 'generation.event' && message.messageId === messageId ? [message.entryId] : [],
    );
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

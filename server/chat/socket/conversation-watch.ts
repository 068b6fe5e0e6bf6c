/** One socket's view of one conversation: its events, and every answer that is being written, until it ends or the watch does. */
import { setMaxListeners } from 'node:events';
import type { ServerMessage } from '../../../common/contracts/socket.js';
import type { StreamEntry } from '../../../common/queue/generation-stream.js';
import type { GenerationService } from '../../generations/generation.service.js';
import type { AnswerSettler } from '../answer-settler.service.js';
import type { ChatEvents, ChatNews } from '../chat-events.js';
import type { SocketConnection } from './socket-connection.js';

export interface WatchServices {
  events: ChatEvents;
  generations: GenerationService;
  settler: AnswerSettler;
}

/** Watchers of one answer get the same entries: each is put into words once. */
const frames = new WeakMap<StreamEntry, string>();

export class ConversationWatch {
  private readonly ending = new AbortController();
  /** Generation that is followed, by message. */
  private readonly followed = new Map<string, string>();
  private unsubscribe: (() => void) | null = null;

  constructor(
    readonly conversationId: string,
    private readonly connection: SocketConnection,
    private readonly services: WatchServices,
    private readonly on: { fault: (error: unknown) => void; gap: (since: Date) => void },
  ) {
    // Every answer of the conversation that is being written listens.
    setMaxListeners(0, this.ending.signal);
  }

  /** Resolves when no event can be missed any more. */
  async open(): Promise<void> {
    const { events } = this.services;
    this.unsubscribe = await events.subscribe(this.conversationId, {
      onNews: (news) => this.take(news),
      onGap: (since) => this.on.gap(since),
    });
    if (this.ending.signal.aborted) this.unsubscribe();
  }

  close(): void {
    this.ending.abort();
    this.unsubscribe?.();
    this.unsubscribe = null;
  }

  /** Messages whose answers were or are being followed. */
  get followedIds(): string[] {
    return [...this.followed.keys()];
  }

  /** Streams an answer that is being written, from its start or after the entry `after`. */
  follow(messageId: string, generationId: string, after?: string): void {
    if (this.followed.get(messageId) === generationId || this.ending.signal.aborted) return;
    this.followed.set(messageId, generationId);
    this.services.settler.follow(generationId);
    this.stream(messageId, generationId, after).catch(this.on.fault);
  }

  private async stream(messageId: string, generationId: string, after: string | undefined): Promise<void> {
    const { signal } = this.ending;
    for await (const entry of this.services.generations.follow(generationId, { after, signal })) {
      await this.connection.sendWhenRead(this.toFrame(messageId, entry));
      if (!this.connection.isOpen) return;
    }
  }

  private toFrame(messageId: string, entry: StreamEntry): string {
    const known = frames.get(entry);
    if (known !== undefined) return known;
    const { conversationId } = this;
    const message: ServerMessage = { type: 'generation.event', conversationId, messageId, ...entry };
    const frame = JSON.stringify(message);
    frames.set(entry, frame);
    return frame;
  }

  private take({ event, generationId }: ChatNews): void {
    this.connection.send(event);
    if (event.type === 'message.updated' && generationId) this.follow(event.message.id, generationId);
    if (event.type === 'conversation.deleted') this.close();
  }
}

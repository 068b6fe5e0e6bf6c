/** One socket's view of one conversation: its events, and every answer that is being written, until it ends or the watch does. */
import { setMaxListeners } from 'node:events';
import type { ServerMessage } from '../../../common/contracts/socket.js';
import type { StreamEntry } from '../../../common/queue/generation-stream.js';
import type { GenerationService } from '../../generations/generation.service.js';
import type { AnswerSettler } from '../answer-settler.service.js';
import type { ChatEvents, ChatNews, RunningAnswer } from '../chat-events.js';
import type { SocketConnection } from './socket-connection.js';

export interface WatchServices {
  events: ChatEvents;
  generations: GenerationService;
  settler: AnswerSettler;
}

/** Watchers of one answer get the same entries: each is put into words once, or twice where a comparison is revealed meanwhile. */
const frames = { named: new WeakMap<StreamEntry, string>(), blind: new WeakMap<StreamEntry, string>() };

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
  follow(running: RunningAnswer, after?: string): void {
    const { messageId, generationId } = running;
    if (this.followed.get(messageId) === generationId || this.ending.signal.aborted) return;
    this.followed.set(messageId, generationId);
    this.services.settler.follow(generationId);
    this.stream(running, after).catch(this.on.fault);
  }

  private async stream(running: RunningAnswer, after: string | undefined): Promise<void> {
    const { signal } = this.ending;
    for await (const entry of this.services.generations.follow(running.generationId, { after, signal })) {
      // Beginning and end tell of the model; that it has ended is told by the message.
      if (running.isBlind && entry.event.type !== 'delta') continue;
      await this.connection.sendWhenRead(this.toFrame(running, entry));
      if (!this.connection.isOpen) return;
    }
  }

  private toFrame({ messageId, isBlind }: RunningAnswer, entry: StreamEntry): string {
    const cache = isBlind ? frames.blind : frames.named;
    const known = cache.get(entry);
    if (known !== undefined) return known;
    const { conversationId } = this;
    const told = isBlind ? withoutLogProbs(entry) : entry;
    const message: ServerMessage = { type: 'generation.event', conversationId, messageId, ...told };
    const frame = JSON.stringify(message);
    cache.set(entry, frame);
    return frame;
  }

  private take({ event, running }: ChatNews): void {
    this.connection.send(event);
    if (running) this.follow(running);
    if (event.type === 'conversation.deleted') this.close();
  }
}

function withoutLogProbs({ entryId, event }: StreamEntry): StreamEntry {
  if (event.type !== 'delta') return { entryId, event };
  const { logProbs: _, ...delta } = event;
  return { entryId, event: delta };
}

/**
 * What happens in a conversation, told to whoever watches it on any server: Redis publications, one channel a conversation, one
 * subscribed connection a server. Nothing is kept; a watcher that was away reads the conversation again.
 */
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { ServerMessage } from '../../common/contracts/socket.js';
import type { Logger } from '../../common/logging/logger.js';
import { LOGGER, REDIS } from '../platform/tokens.js';

export type ChatEvent = Extract<
  ServerMessage,
  {
    type:
      | 'message.updated'
      | 'message.deleted'
      | 'comparison.updated'
      | 'conversation.updated'
      | 'conversation.deleted';
  }
>;

/** The stream of an answer that is being written. */
export interface RunningAnswer {
  messageId: string;
  generationId: string;
  /** One side of a comparison without names: only its text may be told. */
  isBlind: boolean;
}

/** An event, and the stream to follow when it is about an answer that is being written. */
export interface ChatNews {
  event: ChatEvent;
  running: RunningAnswer | null;
}

export interface ChatListener {
  onNews(news: ChatNews): void;
  /** Redis was away: what happened since then may not have been told. */
  onGap(since: Date): void;
}

const channelPrefix = 'attune:conversation:';

@Injectable()
export class ChatEvents implements OnModuleDestroy {
  private readonly listeners = new Map<string, Set<ChatListener>>();
  private readonly subscriber: Redis;
  private lostAt: Date | null = null;

  constructor(
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.subscriber = redis.duplicate();
    this.subscriber.on('error', (error) => logger.warn({ err: error }, 'redis subscription failed'));
    this.subscriber.on('message', (channel, payload) => this.deliver(channel, payload));
    this.subscriber.on('close', () => (this.lostAt ??= new Date()));
    this.subscriber.on('ready', () => void this.mendGap());
  }

  publish(conversationId: string, event: ChatEvent): void {
    this.publishAll(conversationId, [{ event, running: null }]);
  }

  /**
   * What happened at once, told in this order. Does not wait: a Redis that is away holds up nobody, and watchers are told of the gap when
   * it is back.
   */
  publishAll(conversationId: string, news: readonly ChatNews[]): void {
    this.redis
      .publish(channelPrefix + conversationId, JSON.stringify(news))
      .catch((error: unknown) => this.logger.warn({ err: error }, 'publishing failed'));
  }

  /** Every event after the promise resolves. @returns ends the subscription */
  async subscribe(conversationId: string, listener: ChatListener): Promise<() => void> {
    const known = this.listeners.get(conversationId);
    if (known) known.add(listener);
    else this.listeners.set(conversationId, new Set([listener]));
    // Also for a known channel: the first subscription to it may still be on its way, and commands are answered in order.
    await this.subscriber.subscribe(channelPrefix + conversationId);
    return () => this.unsubscribe(conversationId, listener);
  }

  onModuleDestroy(): void {
    this.subscriber.disconnect();
  }

  /** Publications that nobody was there to hear are lost; their watchers read what they may have missed. */
  private async mendGap(): Promise<void> {
    const since = this.lostAt;
    if (!since) return;
    this.lostAt = null;
    const channels = [...this.listeners.keys()].map((id) => channelPrefix + id);
    try {
      if (channels.length > 0) await this.subscriber.subscribe(...channels);
    } catch (error) {
      // Lost again: the next connection mends both gaps.
      this.lostAt = since;
      this.logger.warn({ err: error }, 'redis subscription failed');
      return;
    }
    for (const listeners of this.listeners.values()) for (const listener of listeners) listener.onGap(since);
  }

  private unsubscribe(conversationId: string, listener: ChatListener): void {
    const listeners = this.listeners.get(conversationId);
    listeners?.delete(listener);
    if (listeners?.size !== 0) return;
    this.listeners.delete(conversationId);
    this.subscriber
      .unsubscribe(channelPrefix + conversationId)
      .catch((error: unknown) => this.logger.warn({ err: error }, 'redis subscription failed'));
  }

  private deliver(channel: string, payload: string): void {
    // Written by `publishAll` of the same version: servers are replaced together.
    const news = JSON.parse(payload) as ChatNews[];
    for (const listener of this.listeners.get(channel.slice(channelPrefix.length)) ?? [])
      for (const item of news) listener.onNews(item);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../../common/contracts/errors.js';
import type { ClientMessage, SendResult, ServerMessage } from '../../../common/contracts/socket.js';
import type { Logger } from '../../../common/logging/logger.js';
import { GenerationService } from '../../generations/generation.service.js';
import { LOGGER } from '../../platform/tokens.js';
import { RunNewsService, type RunMessage } from '../../runs/run-news.service.js';
import { AnswerService } from '../answer.service.js';
import { AnswerSettler } from '../answer-settler.service.js';
import { ChatEvents, type RunningAnswer } from '../chat-events.js';
import { isBlindSql } from '../comparisons/comparison-rows.js';
import { getOwnConversation } from '../conversation-rows.js';
import { listMessagesById } from '../message-rows.js';
import { ConversationWatch } from './conversation-watch.js';
import type { SocketConnection } from './socket-connection.js';
import { maxWatched } from './socket-limits.js';

/** Answers that a client can have been reading when it was cut off. */
const maxResumed = 100;

/** What a connection is allowed and has asked for. */
export interface SocketSession {
  userId: string;
  watches: Map<string, ConversationWatch>;
  /** Ends of the watches of runs, by run; null is the list of them. */
  runWatches: Map<string | null, () => void>;
}

export interface SocketContext {
  session: SocketSession;
  connection: SocketConnection;
  requestId: string;
}

type Handlers = {
  [Type in ClientMessage['type']]: (
    message: Extract<ClientMessage, { type: Type }>,
    context: SocketContext,
  ) => Promise<SendResult | null>;
};

/** What each message of the socket's contract does. */
@Injectable()
export class ChatSocketService {
  private readonly handlers: Handlers = {
    'chat.send': (message, context) => this.answers.send(toAsker(context), message),
    'chat.regenerate': (message, context) => this.answers.regenerate(toAsker(context), message),
    'chat.compare': (message, context) => this.answers.compare(toAsker(context), message),
    'chat.continue': (message, context) => this.answers.continue(toAsker(context), message),
    'chat.stop': async ({ messageId }, context) => {
      await this.answers.stop(toAsker(context), messageId);
      return null;
    },
    'conversation.watch': (message, context) => this.watch(message, context),
    'conversation.unwatch': async ({ conversationId }, { session }) => {
      session.watches.get(conversationId)?.close();
      session.watches.delete(conversationId);
      return null;
    },
    'run.watch': (message, context) => this.watchRun(message, context),
    'run.unwatch': async ({ runId }, { session }) => {
      session.runWatches.get(runId)?.();
      session.runWatches.delete(runId);
      return null;
    },
    ping: async () => null,
  };

  constructor(
    private readonly db: DataSource,
    private readonly answers: AnswerService,
    private readonly events: ChatEvents,
    private readonly generations: GenerationService,
    private readonly settler: AnswerSettler,
    private readonly runNews: RunNewsService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  handle(message: ClientMessage, context: SocketContext): Promise<SendResult | null> {
    // The table is keyed by the message's own type, which TypeScript cannot follow through an index.
    const handler = this.handlers[message.type] as (
      message: ClientMessage,
      context: SocketContext,
    ) => Promise<SendResult | null>;
    return handler(message, context);
  }

  private async watch(
    { conversationId, after = {} }: Extract<ClientMessage, { type: 'conversation.watch' }>,
    { session, connection }: SocketContext,
  ): Promise<null> {
    await getOwnConversation(this.db.manager, { userId: session.userId, conversationId });
    session.watches.get(conversationId)?.close();
    session.watches.delete(conversationId);
    if (session.watches.size >= maxWatched)
      throw new AppError('SOCKET_TOO_MANY_WATCHED', { limit: maxWatched });
    const { events, generations, settler } = this;
    const fault = (error: unknown) => this.logger.error({ err: error }, 'streaming an answer failed');
    const watch: ConversationWatch = new ConversationWatch(
      conversationId,
      connection,
      { events, generations, settler },
      { fault, gap: (since) => void this.mendGap(watch, connection, since).catch(fault) },
    );
    session.watches.set(conversationId, watch);
    await watch.open();
    if (!connection.isOpen) watch.close();
    await this.sendWhatWasMissed(conversationId, Object.keys(after).slice(0, maxResumed), connection);
    for (const running of await this.listRunning(conversationId))
      watch.follow(running, after[running.messageId]);
    return null;
  }

  private async watchRun(
    { runId }: Extract<ClientMessage, { type: 'run.watch' }>,
    { session, connection }: SocketContext,
  ): Promise<null> {
    if (session.runWatches.has(runId)) return null;
    if (session.runWatches.size >= maxWatched)
      throw new AppError('SOCKET_TOO_MANY_WATCHED', { limit: maxWatched });
    const send = (message: RunMessage) => connection.send(message);
    const end = await this.runNews.watch(session.userId, { runId, send });
    session.runWatches.set(runId, end);
    if (!connection.isOpen) end();
    return null;
  }

  /** Tells what publications may have been lost: answers that ended and messages that came while Redis was away. */
  private async mendGap(watch: ConversationWatch, connection: SocketConnection, since: Date): Promise<void> {
    const { conversationId } = watch;
    const added = await this.db.query<{ id: string }[]>(
      `SELECT id FROM messages WHERE conversation_id = $1 AND created_at >= $2 ORDER BY sequence LIMIT $3`,
      [conversationId, since, maxResumed],
    );
    const ids = new Set([...watch.followedIds, ...added.map(({ id }) => id)]);
    await this.sendWhatWasMissed(conversationId, [...ids], connection);
    for (const running of await this.listRunning(conversationId)) watch.follow(running);
  }

  /** Answers that ended while the client was away are told whole. */
  private async sendWhatWasMissed(
    conversationId: string,
    messageIds: string[],
    connection: SocketConnection,
  ): Promise<void> {
    if (messageIds.length === 0) return;
    for (const message of await listMessagesById(this.db.manager, messageIds))
      if (
        message.conversationId === conversationId &&
        message.status !== 'queued' &&
        message.status !== 'streaming'
      )
        await connection.sendWhenRead(
          JSON.stringify({ type: 'message.updated', message } satisfies ServerMessage),
        );
  }

  private listRunning(conversationId: string) {
    return this.db.query<RunningAnswer[]>(
      `SELECT id AS "messageId", generation_id AS "generationId", ${isBlindSql('m')} AS "isBlind" FROM messages m
       WHERE conversation_id = $1 AND status = 'queued' AND generation_id IS NOT NULL`,
      [conversationId],
    );
  }
}

function toAsker({ session, requestId }: SocketContext) {
  return { userId: session.userId, requestId };
}

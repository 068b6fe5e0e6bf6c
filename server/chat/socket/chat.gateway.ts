import type { IncomingMessage } from 'node:http';
import { Inject, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import type { Logger } from '../../../common/logging/logger.js';
import { LOGGER } from '../../platform/tokens.js';
import { ChatSocketService, type SocketSession } from './chat-socket.service.js';
import { SocketAccess } from './socket-access.service.js';
import { SocketConnection } from './socket-connection.js';
import { closeCodes, pingMs, sessionCheckMs } from './socket-limits.js';

interface OpenSocket {
  connection: SocketConnection;
  sessionId: string;
}

/** `/ws`: opens and closes connections; what their messages do is ChatSocketService's. */
@WebSocketGateway({ path: '/ws' })
export class ChatGateway implements OnGatewayConnection<WebSocket>, OnApplicationBootstrap, OnModuleDestroy {
  private readonly open = new Set<OpenSocket>();
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly access: SocketAccess,
    private readonly chat: ChatSocketService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Sockets that are open on this server, for the metrics. */
  get openCount(): number {
    return this.open.size;
  }

  onApplicationBootstrap(): void {
    const checkPeers = () => this.open.forEach(({ connection }) => connection.checkPeer());
    const checkSessions = () =>
      void this.closeSignedOut().catch((error: unknown) =>
        this.logger.warn({ err: error }, 'checking the sockets of sessions failed'),
      );
    this.timers.push(setInterval(checkPeers, pingMs), setInterval(checkSessions, sessionCheckMs));
  }

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    const { id: sessionId, user } = this.access.getSession(request);
    const session: SocketSession = { userId: user.id, watches: new Map(), runWatches: new Map() };
    const connection: SocketConnection = new SocketConnection(
      socket,
      request.socket,
      (message, requestId) => this.chat.handle(message, { session, connection, requestId }),
      this.logger,
    );
    const entry = { connection, sessionId };
    this.open.add(entry);
    socket.on('close', () => {
      this.open.delete(entry);
      for (const watch of session.watches.values()) watch.close();
      for (const end of session.runWatches.values()) end();
    });
  }

  onModuleDestroy(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const { connection } of this.open) connection.close(closeCodes.shutDown, 'the server is going down');
  }

  private async closeSignedOut(): Promise<void> {
    if (this.open.size === 0) return;
    const checked = [...this.open];
    const stillOpen = await this.access.listOpen([...new Set(checked.map(({ sessionId }) => sessionId))]);
    for (const { connection, sessionId } of checked)
      if (!stillOpen.has(sessionId)) connection.close(closeCodes.sessionEnded, 'signed out');
  }
}

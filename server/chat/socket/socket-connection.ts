/**
 * One socket: takes its messages in one at a time, answers each, and sends no faster than its peer reads.
 *
 * Memory is bounded both ways: reading pauses while messages are worked on, a running answer waits while much is unread, and a
 * connection with too much unread is closed. What is sent within one turn of the event loop leaves in one write.
 */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { AppError } from '../../../common/contracts/errors.js';
import type { ClientMessage, SendResult, ServerMessage } from '../../../common/contracts/socket.js';
import type { Logger } from '../../../common/logging/logger.js';
import { parseClientMessage } from './client-message.js';
import { closeCodes, closedAtBytes, maxRefused, pausedAtBytes, rate } from './socket-limits.js';
import { TokenBucket } from './token-bucket.js';

/** Does what a message asks. @throws AppError, which becomes the answer */
export type MessageHandler = (message: ClientMessage, requestId: string) => Promise<SendResult | null>;

/** Time that a peer has for answering a close before the connection is cut. */
const closeMs = 2000;

export class SocketConnection {
  private readonly bucket = new TokenBucket(rate);
  private refused = 0;
  private working = Promise.resolve();
  private waiting = 0;
  private isAnswering = true;
  private isGathering = false;

  /** @param transport  what the socket's frames are written to */
  constructor(
    private readonly socket: WebSocket,
    private readonly transport: Duplex,
    private readonly handle: MessageHandler,
    private readonly logger: Logger,
  ) {
    socket.on('pong', () => (this.isAnswering = true));
    socket.on('message', (data) => this.takeIn(data));
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  send(message: ServerMessage): void {
    this.sendFrame(JSON.stringify(message));
  }

  /** For what is made once and sent to many. */
  sendFrame(frame: string): void {
    if (!this.isOpen) return;
    if (this.socket.bufferedAmount > closedAtBytes) this.close(closeCodes.tooSlow, 'reads too slowly');
    else this.write(frame);
  }

  /** Sends, and waits where the peer is behind: for streams that can be read again later. */
  async sendWhenRead(frame: string): Promise<void> {
    if (!this.isOpen) return;
    if (this.socket.bufferedAmount < pausedAtBytes) this.write(frame);
    // An error means that the connection is gone, which its close event tells.
    else await new Promise<void>((resolve) => this.write(frame, () => resolve()));
  }

  /** Called at intervals: a peer that did not answer the last call's ping is cut off. */
  checkPeer(): void {
    if (!this.isAnswering) return this.socket.terminate();
    this.isAnswering = false;
    if (this.isOpen) this.socket.ping();
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.socket.close(code, reason);
    setTimeout(() => this.socket.terminate(), closeMs).unref();
  }

  private write(frame: string, onWritten?: () => void): void {
    if (!this.isGathering) {
      this.isGathering = true;
      this.transport.cork();
      setImmediate(() => {
        this.isGathering = false;
        this.transport.uncork();
      });
    }
    this.socket.send(frame, onWritten);
  }

  private takeIn(data: RawData): void {
    if (!this.isOpen) return;
    const waitSeconds = this.bucket.take();
    if (waitSeconds > 0) return this.refuseRate(waitSeconds);
    this.refused = 0;
    this.socket.pause();
    this.waiting += 1;
    this.working = this.working
      .then(() => this.answer(toBuffer(data)))
      .finally(() => {
        this.waiting -= 1;
        if (this.waiting === 0) this.socket.resume();
      });
  }

  private refuseRate(waitSeconds: number): void {
    this.refused += 1;
    if (this.refused > maxRefused) return this.close(closeCodes.tooMany, 'too many messages');
    const error = new AppError('REQUEST_RATE_LIMITED', { seconds: Math.max(1, Math.ceil(waitSeconds)) });
    this.send({ type: 'error', id: null, error: error.toBody() });
  }

  private async answer(data: Buffer): Promise<void> {
    const parsed = parseClientMessage(data);
    if ('error' in parsed) return this.send({ type: 'error', id: parsed.id, error: parsed.error.toBody() });
    const { id } = parsed.message;
    const requestId = randomUUID();
    try {
      this.send({ type: 'ok', id, result: await this.handle(parsed.message, requestId) });
    } catch (thrown) {
      const error = thrown instanceof AppError ? thrown : new AppError('SERVER_FAULT', { requestId }, thrown);
      if (error.kind.status >= 500)
        this.logger.error({ err: thrown, code: error.code, requestId }, 'socket message failed');
      this.send({ type: 'error', id, error: error.toBody() });
    }
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

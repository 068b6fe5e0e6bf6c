import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { maxFrameBytes } from './socket-limits.js';
import { SocketAccess } from './socket-access.service.js';

type Verdict = (isAdmitted: boolean, status?: number, name?: string) => void;
const statusNames = { 401: 'Unauthorized', 403: 'Forbidden' };

/** Plain `ws` behind Nest's gateways: refuses strangers before there is a socket, and leaves reading messages to SocketConnection. */
export class SocketAdapter extends WsAdapter {
  constructor(private readonly app: INestApplication) {
    super(app);
  }

  override create(port: number, options: Record<string, unknown> = {}) {
    const access = this.app.get(SocketAccess, { strict: false });
    return super.create(port, {
      ...options,
      maxPayload: maxFrameBytes,
      // Broken UTF-8 is answered with a coded error; `ws` itself could only close the connection.
      skipUTF8Validation: true,
      perMessageDeflate: false,
      verifyClient: ({ req }: { req: IncomingMessage }, decide: Verdict) => {
        access.refuse(req).then(
          (status) => (status === null ? decide(true) : decide(false, status, statusNames[status])),
          () => decide(false, 503, 'Service Unavailable'),
        );
      },
    });
  }

  // Nest's own dispatch knows neither ids nor coded errors.
  override bindMessageHandlers(): void {}
}

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { SocketConnection } from '../../server/chat/socket/socket-connection.js';

/** A peer that notes each write that reaches it. */
class Wire extends Duplex {
  readonly writes: Buffer[] = [];
  override _read() {}
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.writes.push(chunk);
    done();
  }
  override _writev(chunks: { chunk: Buffer }[], done: () => void) {
    this.writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }
}

async function connect(wire: Wire): Promise<SocketConnection> {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.headers = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-version': '13',
  };
  const server = new WebSocketServer({ noServer: true });
  const socket = await new Promise<WebSocket>((resolve) =>
    server.handleUpgrade(request, wire, Buffer.alloc(0), resolve),
  );
  return new SocketConnection(socket, wire, async () => null, pino({ level: 'silent' }));
}

it('sends what comes in one turn of the event loop in one write', async () => {
  const wire = new Wire();
  const connection = await connect(wire);
  const before = wire.writes.length;
  connection.sendFrame('first');
  await Promise.resolve();
  await connection.sendWhenRead('second');
  expect(wire.writes).toHaveLength(before);
  await nextTurn();
  expect(wire.writes.slice(before).map(String)).toEqual([expect.stringMatching(/first.*second/s)]);
  connection.sendFrame('third');
  await nextTurn();
  expect(wire.writes.slice(before + 1).map(String)).toEqual([expect.stringContaining('third')]);
});

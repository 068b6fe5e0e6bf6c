/** A web server with one changeable file, as strict about ranges and validators as real ones, and able to misbehave on request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class FileServer implements AsyncDisposable {
  body: Buffer = Buffer.alloc(0);
  etag = '"1"';
  /** Ends the connection after this many bytes of a body. */
  cutAfter: number | null = null;
  /** Waits between chunks, so that a test can act in the middle. */
  chunkDelayMs = 0;
  status: number | null = null;
  readonly requests: { url: string; headers: IncomingMessage['headers'] }[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push({ url: request.url ?? '', headers: request.headers });
    if (this.status !== null) return void response.writeHead(this.status).end('<html>sorry</html>');
    const current = request.headers['if-range'] === undefined || request.headers['if-range'] === this.etag;
    const start = current ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    if (start > 0 && start >= this.body.length)
      return void response.writeHead(416, { 'content-range': `bytes */${this.body.length}` }).end();
    const rest = this.body.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      etag: this.etag,
      'content-length': rest.length,
      ...(start > 0 && { 'content-range': `bytes ${start}-${this.body.length - 1}/${this.body.length}` }),
    });
    await this.#send(rest, response);
  }

  async #send(rest: Buffer, response: ServerResponse): Promise<void> {
    const end = Math.min(rest.length, this.cutAfter ?? rest.length);
    for (let at = 0; at < end && !response.destroyed; at += 16_384) {
      const chunk = rest.subarray(at, Math.min(at + 16_384, end));
      await new Promise((resolve) => response.write(chunk, resolve));
      if (this.chunkDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.chunkDelayMs));
    }
    // A closed connection, not a reset one: what was sent before must still arrive.
    if (end < rest.length) response.socket?.end();
    else response.end();
  }
}

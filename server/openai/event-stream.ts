import { once } from 'node:events';
import type { Response } from 'express';

/** Proxies give up on connections over which nothing comes. */
const heartbeatMs = 10_000;

/** Server-sent events over one response, at the pace of whoever reads it. Begins with the first event, so that an error before it can have a status. */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;

  constructor(private readonly response: Response) {
    this.heartbeat = setInterval(() => {
      this.begin();
      response.write(': still here\n\n');
    }, heartbeatMs);
    response.once('close', () => clearInterval(this.heartbeat));
  }

  /** Resolves when more can be taken, or nobody reads any more. After the end nothing is sent. */
  async send(data: string): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return;
    this.begin();
    if (!response.write(`data: ${data}\n\n`)) await this.untilDrained();
  }

  end(): void {
    clearInterval(this.heartbeat);
    this.response.end();
  }

  private begin(): void {
    const { response } = this;
    if (response.headersSent) return;
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.setHeader('Cache-Control', 'no-cache, no-transform');
    // nginx would gather the events otherwise.
    response.setHeader('X-Accel-Buffering', 'no');
    response.flushHeaders();
  }

  private async untilDrained(): Promise<void> {
    const settled = new AbortController();
    const { signal } = settled;
    await Promise.race([once(this.response, 'drain', { signal }), once(this.response, 'close', { signal })])
      .catch(() => undefined)
      .finally(() => settled.abort());
  }
}

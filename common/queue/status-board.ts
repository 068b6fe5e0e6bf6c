/**
 * What the processes of one kind say about themselves: one field per process in a Redis hash, written every two seconds. An entry that is
 * older than ten is that of a process which is gone or hangs.
 */
import type { Redis } from 'ioredis';
import type { z } from 'zod';

/** How often a process writes. */
export const statusIntervalMs = 2000;
const freshMs = 10_000;

interface Status {
  id: string;
  /** Milliseconds since 1970, of this entry. */
  at: number;
}

export class StatusBoard<T extends Status> {
  constructor(
    private readonly key: string,
    private readonly schema: z.ZodType<T>,
  ) {}

  async publish(redis: Redis, status: T): Promise<void> {
    await redis.hset(this.key, status.id, JSON.stringify(status));
  }

  /** A process that shuts down takes its entry with it. */
  async remove(redis: Redis, id: string): Promise<void> {
    await redis.hdel(this.key, id);
  }

  /** Processes that are alive. Entries of those that died are removed by the way. */
  async list(redis: Redis): Promise<T[]> {
    const entries = Object.entries(await redis.hgetall(this.key));
    const alive: T[] = [];
    for (const [id, text] of entries) {
      const parsed = this.schema.safeParse(parseJson(text));
      if (parsed.success && Date.now() - parsed.data.at < freshMs) alive.push(parsed.data);
      else if (!parsed.success || Date.now() - parsed.data.at > 6 * freshMs) await redis.hdel(this.key, id);
    }
    return alive;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

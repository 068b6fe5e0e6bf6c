/**
 * Copies an answer from its generation to its message when it ends, once, whoever comes first: the server that asked for it, one that
 * streams it to a watcher, or, when all of them were away, the sweep.
 */
import { setMaxListeners } from 'node:events';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { unhurried } from '../../common/database/unhurried.js';
import type { Logger } from '../../common/logging/logger.js';
import { GenerationService } from '../generations/generation.service.js';
import { LOGGER } from '../platform/tokens.js';
import { ChatEvents } from './chat-events.js';
import { selectMessages, toMessage, type MessageRow } from './message-rows.js';
import { searchVector, toSearchText } from './search-text.js';

const sweepMs = 3000;
const sweepSize = 200;

/** The generation whose words they are, where the last one added none to its beginning. An answer is rated by what made it. */
const lastSpeaker = `(
  SELECT g.id FROM generations g WHERE g.message_id = messages.id AND g.text <> '' AND g.text IS DISTINCT FROM g.request->>'prefix'
  ORDER BY g.created_at DESC LIMIT 1
)`;

interface Ended {
  messageId: string;
  generationId: string | null;
  /** What was said; a continuation that ended before it began leaves what was there. */
  text: string;
  status: 'complete' | 'stopped' | 'failed';
}

@Injectable()
export class AnswerSettler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly followed = new Map<string, Promise<void>>();
  private readonly closing = new AbortController();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly events: ChatEvents,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    // Every answer that is followed listens: their number says nothing about a leak.
    setMaxListeners(0, this.closing.signal);
  }

  onApplicationBootstrap(): void {
    const sweep = () => void this.run('settling answers failed', () => this.settleEnded());
    this.timer = setInterval(sweep, sweepMs);
    sweep();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
    this.closing.abort();
  }

  /** Settles the answer as soon as it ends; following one twice is following it once. */
  follow(generationId: string): void {
    if (this.followed.has(generationId)) return;
    const following = this.run('settling an answer failed', () => this.settleAtEnd(generationId));
    this.followed.set(
      generationId,
      following.finally(() => this.followed.delete(generationId)),
    );
  }

  /** Settles answers that have ended; one that has not is left as it is. @param generationId  of one, or of any */
  async settleEnded(generationId: string | null = null): Promise<void> {
    const ended = await this.db.query<Ended[]>(
      `SELECT m.id AS "messageId", g.id AS "generationId", coalesce(nullif(g.text, ''), m.content) AS text,
              coalesce(g.status, 'failed') AS status
       FROM messages m LEFT JOIN generations g ON g.id = m.generation_id
       WHERE m.status = 'queued' AND (g.id IS NULL OR g.status IN ('complete', 'stopped', 'failed'))
         AND ($1::uuid IS NULL OR m.generation_id = $1) LIMIT $2`,
      [generationId, sweepSize],
    );
    for (const answer of ended) await this.settle(answer);
  }

  private async settleAtEnd(generationId: string): Promise<void> {
    await this.generations.waitForEnd([generationId], this.closing.signal);
    if (!this.closing.signal.aborted) await this.settleEnded(generationId);
  }

  private async settle({ messageId, generationId, text, status }: Ended): Promise<void> {
    const { words, terms } = toSearchText(text);
    const [row] = await this.db.query<MessageRow[]>(
      `WITH ${unhurried}, settled AS (
         UPDATE messages SET status = $3, search = ${searchVector('$5', '$6::text[]')},
           content = $4, generation_id = CASE WHEN content = $4 THEN coalesce(${lastSpeaker}, generation_id) ELSE generation_id END
         FROM unhurried
         WHERE id = $1 AND status = 'queued' AND generation_id IS NOT DISTINCT FROM $2 RETURNING messages.*
       ), touched AS (
         UPDATE conversations SET updated_at = now() FROM settled WHERE conversations.id = settled.conversation_id
       )
       ${selectMessages('settled')}`,
      [messageId, generationId, status, text, words, terms],
    );
    if (row) this.events.publish(row.conversationId, { type: 'message.updated', message: toMessage(row) });
  }

  private async run(fault: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error({ err: error }, fault);
    }
  }
}

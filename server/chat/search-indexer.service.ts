import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Logger } from '../../common/logging/logger.js';
import { Sweep } from '../platform/sweep.js';
import { LOGGER } from '../platform/tokens.js';
import { searchVector, toSearchText } from './search-text.js';

const sweepMs = 60_000;
/** Messages of one transaction. */
const batchSize = 200;

/** Makes messages searchable again that a migration has marked; any number of servers share the work. */
@Injectable()
export class SearchIndexer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweep: Sweep;
  private closing = false;

  constructor(
    private readonly db: DataSource,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'indexing messages failed';
    this.sweep = new Sweep(() => this.indexAll(), { intervalMs: sweepMs, logger, failure });
  }

  onApplicationBootstrap(): void {
    this.sweep.start();
    void this.sweep.now();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing = true;
    await this.sweep.stop();
  }

  /** Resolves when nothing is marked any more. */
  async indexAll(): Promise<void> {
    while (!this.closing && (await this.indexBatch()) === batchSize);
  }

  private indexBatch(): Promise<number> {
    return this.db.transaction(async (manager) => {
      const messages = await manager.query<{ id: string; content: string }[]>(
        `SELECT id, content FROM messages WHERE search_outdated LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED`,
        [batchSize],
      );
      const texts = messages.map(({ id, content }) => ({ id, ...toSearchText(content) }));
      if (texts.length > 0) await manager.query(indexTexts, [JSON.stringify(texts)]);
      return texts.length;
    });
  }
}

const indexTexts = `
  UPDATE messages SET search = ${searchVector('words', 'terms')}, search_outdated = false
  FROM jsonb_to_recordset($1) AS texts (id uuid, words text, terms text[]) WHERE messages.id = texts.id`;

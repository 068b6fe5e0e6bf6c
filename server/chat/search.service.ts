import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { SearchHit } from '../../common/contracts/conversations.js';
import { hitEnd, hitStart, toExcerpt, toSearchQuery } from './search-text.js';

const maxHits = 50;
const headline = `StartSel=${hitStart}, StopSel=${hitEnd}, MaxWords=30, MinWords=12, MaxFragments=1`;

interface HitRow extends Omit<SearchHit, 'createdAt' | 'excerpt'> {
  createdAt: Date;
  content: string;
  /** Made by Postgres, which knows the stems; of a query with words alone. Without a mark where its parser splits words another way. */
  headline: string | null;
}

/** Full-text search in one's own conversations; see search-text.ts. */
@Injectable()
export class SearchService {
  constructor(private readonly db: DataSource) {}

  /** Conversations by their titles first, then messages, the newest first. */
  async search(userId: string, query: string): Promise<SearchHit[]> {
    const [titles, messages] = await Promise.all([
      this.searchTitles(userId, query),
      this.searchMessages(userId, query),
    ]);
    return [...titles, ...messages].slice(0, maxHits);
  }

  private async searchTitles(userId: string, query: string): Promise<SearchHit[]> {
    const rows = await this.db.query<HitRow[]>(
      `SELECT id AS "conversationId", leaf_id AS "messageId", title, title AS content, updated_at AS "createdAt"
       FROM conversations WHERE user_id = $1 AND leaf_id IS NOT NULL AND title ILIKE $2
       ORDER BY updated_at DESC LIMIT 10`,
      [userId, `%${query.replace(/[\\%_]/g, '\\$&')}%`],
    );
    return rows.map((row) => toHit(row, [query]));
  }

  private async searchMessages(userId: string, query: string): Promise<SearchHit[]> {
    const { words, terms, runs } = toSearchQuery(query);
    const last = words.at(-1) ?? '';
    if (last === '' && terms === '') return [];
    const rows = await this.db.query<HitRow[]>(
      `WITH asked AS (
         SELECT plainto_tsquery('english', $2) && (to_tsquery('simple', $3) || plainto_tsquery('english', $4)) AS words,
           $5::tsquery AS terms
       ),
       hits AS (
         SELECT m.id, m.conversation_id, c.title, m.content, m.created_at
         FROM messages m JOIN conversations c ON c.id = m.conversation_id, asked
         WHERE c.user_id = $1 AND m.search @@ (asked.words && asked.terms)
           AND NOT EXISTS (SELECT FROM unnest($6::text[]) AS run WHERE position(run IN m.content) = 0)
         ORDER BY m.sequence DESC LIMIT $7
       )
       SELECT id AS "messageId", conversation_id AS "conversationId", title, created_at AS "createdAt", content,
         CASE WHEN cardinality($6::text[]) = 0
           THEN ts_headline('english', left(content, 100000), asked.words, $8) END AS headline
       FROM hits, asked`,
      [
        userId,
        words.slice(0, -1).join(' '),
        // Whatever it is the beginning of; its stem may be another's beginning, or nobody's.
        last && `${last}:*`,
        last,
        terms,
        runs,
        maxHits,
        headline,
      ],
    );
    return rows.map((row) => toHit(row, [...runs, ...words]));
  }
}

function toHit({ content, headline, createdAt, ...row }: HitRow, asked: readonly string[]): SearchHit {
  const excerpt = headline?.includes(hitStart) ? headline : toExcerpt(content, asked);
  return { ...row, excerpt: excerpt.replace(/\s+/gu, ' '), createdAt: createdAt.toISOString() };
}

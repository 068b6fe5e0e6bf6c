/** Votes between two versions, written as the ledger writes them: for tests of what is made of many. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

export interface Votes {
  userId: string;
  /** A conversation of theirs. */
  conversationId: string;
  left: string;
  right: string;
  outcomes: readonly ('left' | 'right' | 'tie' | 'both_bad')[];
}

export async function insertVotes(databaseUrl: string, votes: Votes): Promise<void> {
  const db = new Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    for (const outcome of votes.outcomes) {
      const payload = { kind: 'comparison', outcome, tags: [], criteria: {}, comment: '' };
      const { rows } = await db.query<{ id: string }>(
        `INSERT INTO feedback_events (id, user_id, kind, subject_id, conversation_id, payload, messages, guideline_version)
         VALUES ($1, $2, 'comparison', $1, $3, $4, '[]', 1) RETURNING id`,
        [randomUUID(), votes.userId, votes.conversationId, JSON.stringify(payload)],
      );
      await db.query(
        `INSERT INTO current_feedback (user_id, kind, subject_id, event_id, is_withdrawn, sequence, created_at, owner_id,
           conversation_id, source, is_usable, verdict, tags, script, answer_version_ids)
         SELECT user_id, kind, subject_id, id, false, sequence, created_at, user_id, conversation_id, 'chat', true, $2, '{}', 'latin', $3
         FROM feedback_events WHERE id = $1`,
        [rows[0]?.id, outcome, [votes.left, votes.right]],
      );
    }
  } finally {
    await db.end();
  }
}

/** Where the answers that an act is about were given: the one table of what differs between the places. */
import type { EntityManager } from 'typeorm';
import type { FeedbackSource } from '../../common/contracts/feedback-filter.js';

/** A conversation of the page, a completion of the API, or a pair of a raters' queue. */
export type FeedbackSubject =
  | { conversationId: string; completionId?: undefined; ratingPairId?: undefined }
  | { completionId: string; conversationId?: undefined; ratingPairId?: undefined }
  | { ratingPairId: string; conversationId?: undefined; completionId?: undefined };

export interface FeedbackPlace {
  source: FeedbackSource;
  id: string;
}

export function findPlace({ conversationId, completionId, ratingPairId }: FeedbackSubject): FeedbackPlace {
  if (conversationId !== undefined) return { source: 'chat', id: conversationId };
  if (completionId !== undefined) return { source: 'api', id: completionId };
  return { source: 'queue', id: ratingPairId };
}

/**
 * Whose consent decides, by the place's id. A conversation is held against the others that go on to change it, not shared with them. In a
 * queue it is the rater whose judgement is used; whoever asked has to allow it too (`authorsAllow`).
 */
const owners = {
  chat: `SELECT user_id AS id FROM conversations WHERE id = $1 FOR NO KEY UPDATE`,
  api: `SELECT user_id AS id FROM completions WHERE id = $1`,
  queue: null,
} as const satisfies Record<FeedbackSource, string | null>;

/** @returns whose account says whether the act may be used for training */
export async function findOwner(
  manager: EntityManager,
  { source, id }: FeedbackPlace,
  raterId: string,
): Promise<string | undefined> {
  const query = owners[source];
  if (query === null) return raterId;
  const [owner] = await manager.query<{ id: string }[]>(query, [id]);
  return owner?.id;
}

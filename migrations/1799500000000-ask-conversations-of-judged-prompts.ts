import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether everybody whose prompt a rater judged allows it to be trained with: each conversation that it was said in, and, by their account,
 * whoever said it elsewhere. True where it is no pair of a queue.
 */
const authorsAllow = `(f.source <> 'queue' OR NOT EXISTS (
  SELECT FROM rating_pairs p WHERE p.id = f.subject_id AND (
    EXISTS (
      SELECT FROM unnest(p.conversation_ids) AS said (id)
        LEFT JOIN conversations c ON c.id = said.id
        LEFT JOIN users asker ON asker.id = c.user_id
      WHERE NOT coalesce(c.training_consent, asker.training_consent, false))
    OR EXISTS (
      SELECT FROM users author
      WHERE author.id = ANY(p.people) AND NOT author.training_consent AND NOT EXISTS (
        SELECT FROM conversations c WHERE c.id = ANY(p.conversation_ids) AND c.user_id = author.id)))))`;
const accountsAllow = `NOT EXISTS (
  SELECT FROM rating_pairs p JOIN users author ON author.id = ANY(p.people)
  WHERE f.source = 'queue' AND p.id = f.subject_id AND NOT author.training_consent)`;
const ownConsent = `coalesce(
  (SELECT c.training_consent FROM conversations c WHERE c.id = f.conversation_id), o.training_consent)`;

/** Acts on such pairs, found by the indexes of pairs and events: a look at all acts would hold up whoever changes their mind. */
const onPairs = (condition: string) => `f.event_id IN (
  SELECT e.id FROM feedback_events e JOIN rating_pairs p ON p.id = e.rating_pair_id WHERE ${condition})`;
const ofPerson = 'p.people @> ARRAY[NEW.id]';
const saidIn = (conversation: 'NEW' | 'OLD') => `p.conversation_ids @> ARRAY[${conversation}.id]`;

/**
 * A queue's prompts were said in conversations, which may allow less than the account, or more, or be gone by now. Where those of a pair
 * from before are not known any more, as its dataset was deleted, the accounts alone decide.
 */
export class AskConversationsOfJudgedPrompts1799500000000 implements MigrationInterface {
  readonly name = 'AskConversationsOfJudgedPrompts1799500000000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE rating_pairs ADD COLUMN conversation_ids uuid[] NOT NULL DEFAULT '{}'`);
    await db.query(
      `CREATE INDEX ix_rating_pairs_conversation_ids ON rating_pairs USING gin (conversation_ids)`,
    );
    await findConversations(db);
    const consent = `(${ownConsent} AND ${authorsAllow})`;
    await follow(db, 'users', [update(consent, 'f.owner_id = NEW.id'), update(consent, onPairs(ofPerson))]);
    await follow(db, 'conversations', [
      holdOwner('NEW'),
      update(consent, 'f.conversation_id = NEW.id'),
      update(consent, onPairs(saidIn('NEW'))),
    ]);
    await db.query(`
      CREATE FUNCTION forget_consent_of_conversations() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${holdOwner('OLD')} ${update(consent, onPairs(saidIn('OLD')))} RETURN NULL; END $$`);
    await db.query(`
      CREATE TRIGGER tr_conversations_judged_prompts AFTER DELETE ON conversations
      FOR EACH ROW EXECUTE FUNCTION forget_consent_of_conversations()`);
    await db.query(update(consent, `f.source = 'queue'`));
  }

  async down(db: QueryRunner): Promise<void> {
    const consent = `(${ownConsent} AND ${accountsAllow})`;
    await db.query(`DROP TRIGGER tr_conversations_judged_prompts ON conversations`);
    await db.query(`DROP FUNCTION forget_consent_of_conversations`);
    await follow(db, 'users', [update(consent, 'f.owner_id = NEW.id'), update(consent, onPairs(ofPerson))]);
    await follow(db, 'conversations', [holdOwner('NEW'), update(ownConsent, 'f.conversation_id = NEW.id')]);
    await db.query(update(consent, `f.source = 'queue'`));
    await db.query(`ALTER TABLE rating_pairs DROP COLUMN conversation_ids`);
  }
}

const update = (consent: string, where: string) => `
  UPDATE current_feedback f SET is_usable = ${consent} FROM users o
  WHERE o.id = f.owner_id AND ${where} AND f.is_usable <> ${consent};`;

/** The conversation first, then the account, as whoever writes feedback does. */
const holdOwner = (conversation: 'NEW' | 'OLD') =>
  `PERFORM 1 FROM users WHERE id = ${conversation}.user_id FOR SHARE;`;

async function follow(
  db: QueryRunner,
  table: 'users' | 'conversations',
  statements: readonly string[],
): Promise<void> {
  await db.query(`
    CREATE OR REPLACE FUNCTION follow_consent_of_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN ${statements.join('\n')} RETURN NULL; END $$`);
}

interface Pair {
  id: string;
  turns: { role: string; content: string }[];
  datasetId: string;
}

/** By the rows that ask the same in the datasets that the queues were made from. The oldest first: a later one may be made from its votes. */
async function findConversations(db: QueryRunner): Promise<void> {
  const pairs = (await db.query(`
    SELECT p.id, p.turns, q.prompts->>'datasetId' AS "datasetId"
    FROM rating_pairs p JOIN rating_queues q ON q.id = p.queue_id
    WHERE q.prompts->>'type' = 'dataset' ORDER BY q.created_at`)) as Pair[];
  for (const { id, turns, datasetId } of pairs)
    await db.query(
      `UPDATE rating_pairs asked SET conversation_ids = ARRAY(
         SELECT DISTINCT place.id
         FROM dataset_items i CROSS JOIN unnest(i.event_ids) AS said (event_id)
           LEFT JOIN feedback_events e ON e.id = said.event_id
           LEFT JOIN rating_pairs p ON p.id = e.rating_pair_id
           CROSS JOIN LATERAL unnest(CASE
             WHEN e.id IS NULL THEN ARRAY[said.event_id]
             WHEN e.conversation_id IS NOT NULL THEN ARRAY[e.conversation_id]
             ELSE p.conversation_ids END) AS place (id)
         WHERE i.dataset_id = $2 AND i.kind = 'preference' AND i.split = 'held_out' AND i.people @> asked.people
           AND i.prompt_hash = encode(sha256(convert_to($3, 'UTF8')), 'hex'))
       WHERE id = $1`,
      [id, datasetId, toOpening(turns)],
    );
}

/** What snapshots name a prompt by: how its conversation opens, but for the system prompt, in small letters. */
function toOpening(turns: Pair['turns']): string {
  const asked = turns.filter(({ role }) => role !== 'system');
  const end = asked.findIndex(({ role }) => role === 'assistant');
  const opening = end > 0 ? asked.slice(0, end) : asked;
  const text = opening.map(({ role, content }) => `${role}: ${content}`).join('\n');
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

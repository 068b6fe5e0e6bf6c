import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether everybody whose prompt a rater judged allows it to be trained with; true where it is no pair of a queue. */
const authorsAllow = `NOT EXISTS (
  SELECT FROM rating_pairs p JOIN users author ON author.id = ANY(p.people)
  WHERE f.source = 'queue' AND p.id = f.subject_id AND NOT author.training_consent)`;
const ownConsent = `coalesce(
  (SELECT c.training_consent FROM conversations c WHERE c.id = f.conversation_id), o.training_consent)`;

/** A queue's prompts are somebody's words: their consent counts beside the rater's, and frozen rows go with their account too. */
export class AskAuthorsOfJudgedPrompts1796000000000 implements MigrationInterface {
  readonly name = 'AskAuthorsOfJudgedPrompts1796000000000';

  async up(db: QueryRunner): Promise<void> {
    const consent = `(${ownConsent} AND ${authorsAllow})`;
    const isOfTheirs = `(f.owner_id = NEW.id OR f.source = 'queue' AND f.subject_id IN (
      SELECT id FROM rating_pairs WHERE people @> ARRAY[NEW.id]))`;
    await followAccounts(db, consent, isOfTheirs);
    await db.query(update(consent, `f.source = 'queue'`));
    await db.query(`
      UPDATE dataset_items i SET people = ARRAY(SELECT DISTINCT unnest(i.people || judged.authors))
      FROM (SELECT item.dataset_id, item.position, array_agg(author) AS authors
        FROM feedback_events e
          JOIN rating_pairs p ON p.id = e.rating_pair_id
          JOIN dataset_items item ON item.event_ids @> ARRAY[e.id], unnest(p.people) AS author
        GROUP BY item.dataset_id, item.position) AS judged
      WHERE i.dataset_id = judged.dataset_id AND i.position = judged.position`);
  }

  /** Whose words a frozen row is stays known. */
  async down(db: QueryRunner): Promise<void> {
    await followAccounts(db, ownConsent, 'f.owner_id = NEW.id');
    await db.query(update(ownConsent, `f.source = 'queue'`));
  }
}

const update = (consent: string, where: string) => `
  UPDATE current_feedback f SET is_usable = ${consent} FROM users o
  WHERE o.id = f.owner_id AND ${where} AND f.is_usable <> ${consent}`;

async function followAccounts(db: QueryRunner, consent: string, where: string): Promise<void> {
  await db.query(`
    CREATE OR REPLACE FUNCTION follow_consent_of_users() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN ${update(consent, where)}; RETURN NULL; END $$`);
}

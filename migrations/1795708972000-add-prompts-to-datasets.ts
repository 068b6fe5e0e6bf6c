import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddPromptsToDatasets1795708972000 implements MigrationInterface {
  readonly name = 'AddPromptsToDatasets1795708972000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE dataset_items
        DROP CONSTRAINT ck_dataset_items_kind,
        ADD CONSTRAINT ck_dataset_items_kind CHECK (kind IN ('sft', 'preference', 'kto', 'prompt', 'text')),
        ADD COLUMN source_ids uuid[] NOT NULL DEFAULT '{}'`);
    // Datasets that are there say that they hold no prompts.
    await db.query(`UPDATE datasets SET counts = counts || '{"prompt": {"train": 0, "held_out": 0}}'`);
    await db.query(`
      UPDATE datasets SET source = source ||
        '{"includeFeedback": true, "prompts": {"conversations": false, "setIds": []}}'
      WHERE source->>'type' = 'feedback'`);
  }

  /** Prompts have no place in the table that was; datasets that hold some lose them. */
  async down(db: QueryRunner): Promise<void> {
    await db.query(`UPDATE datasets SET source = source - 'includeFeedback' - 'prompts'`);
    await db.query(`UPDATE datasets SET counts = counts - 'prompt'`);
    await db.query(`DELETE FROM dataset_items WHERE kind = 'prompt'`);
    await db.query(`
      ALTER TABLE dataset_items
        DROP COLUMN source_ids,
        DROP CONSTRAINT ck_dataset_items_kind,
        ADD CONSTRAINT ck_dataset_items_kind CHECK (kind IN ('sft', 'preference', 'kto', 'text'))`);
  }
}

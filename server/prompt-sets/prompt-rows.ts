/** Reading and writing the two tables of prompt sets. */
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { compileSchema } from '../../common/checks/json.js';
import type { NewPrompt, Prompt, PromptSet } from '../../common/contracts/prompt-sets.js';
import { AppError } from '../../common/contracts/errors.js';
import { PromptEntity } from '../../common/database/prompt.entity.js';
import { PromptSetEntity } from '../../common/database/prompt-set.entity.js';

/** Rows of one INSERT. */
const batchRows = 500;
const readRows = 500;

/** @throws AppError `RESOURCE_NOT_FOUND` */
export async function getPromptSet(manager: EntityManager, id: string): Promise<PromptSetEntity> {
  const set = await manager.findOneBy(PromptSetEntity, { id });
  if (!set) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'prompt set' });
  return set;
}

/** Sets with their counts, built-in ones first, then by name. @param id  of the one wanted; all of them without it */
export async function listPromptSets(manager: EntityManager, id?: string): Promise<PromptSet[]> {
  const found = manager
    .createQueryBuilder(PromptSetEntity, 's')
    .addSelect('(SELECT count(*)::int FROM prompts p WHERE p.set_id = s.id)', 'prompts')
    .addSelect(
      '(SELECT coalesce(sum(jsonb_array_length(p.checks)), 0)::int FROM prompts p WHERE p.set_id = s.id)',
      'checks',
    )
    .orderBy('s.is_built_in', 'DESC')
    .addOrderBy('s.name')
    .addOrderBy('s.created_at');
  if (id) found.where('s.id = :id', { id });
  const { entities, raw } = await found.getRawAndEntities<{ prompts: number; checks: number }>();
  return entities.map(({ createdBy: _, createdAt, updatedAt, ...set }, index) => ({
    ...set,
    prompts: raw[index]?.prompts ?? 0,
    checks: raw[index]?.checks ?? 0,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }));
}

export function toPrompt({ id, messages, checks }: PromptEntity): Prompt {
  return { id, messages, checks };
}

/** The prompts of a set in their order, however many they are. */
export async function* readPrompts(manager: EntityManager, setId: string): AsyncGenerator<Prompt> {
  let after = -1;
  for (;;) {
    const rows = await manager
      .createQueryBuilder(PromptEntity, 'p')
      .where('p.set_id = :setId AND p.position > :after', { setId, after })
      .orderBy('p.position')
      .limit(readRows)
      .getMany();
    yield* rows.map(toPrompt);
    const last = rows.at(-1);
    if (!last || rows.length < readRows) return;
    after = last.position;
  }
}

/**
 * Puts prompts at the end of a set.
 *
 * @returns their ids
 */
export async function appendPrompts(
  manager: EntityManager,
  setId: string,
  prompts: readonly NewPrompt[],
): Promise<string[]> {
  // Two that add to one set at once take turns.
  await manager.query(`SELECT 1 FROM prompt_sets WHERE id = $1 FOR UPDATE`, [setId]);
  const [{ next }] = await manager.query<[{ next: number }]>(
    `SELECT coalesce(max(position) + 1, 0)::int AS next FROM prompts WHERE set_id = $1`,
    [setId],
  );
  const rows = prompts.map((prompt, index) => ({ id: randomUUID(), position: next + index, ...prompt }));
  for (let at = 0; at < rows.length; at += batchRows)
    await manager.query(
      `INSERT INTO prompts (id, set_id, position, messages, checks)
       SELECT id, $1, position, messages, checks
       FROM jsonb_to_recordset($2::jsonb) AS r(id uuid, position int, messages jsonb, checks jsonb)`,
      [setId, JSON.stringify(rows.slice(at, at + batchRows))],
    );
  return rows.map(({ id }) => id);
}

/** @throws AppError `CHECK_INVALID` for a JSON schema that cannot be used */
export function assertUsable({ checks }: Pick<NewPrompt, 'checks'>): void {
  for (const check of checks) if (check.kind === 'json_schema') compileSchema(check.schema);
}

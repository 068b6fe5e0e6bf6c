import type { Use } from '../../common/contracts/costs.js';

/** Columns of a use, added up; of `compute_uses`, which knows nothing of people's time, or of `use_days`. */
const addedUp = (personMs: string) => `
  coalesce(sum(count), 0)::float8 AS count,
  coalesce(sum(computed_us), 0) / 1e6::float8 AS "computeSeconds",
  coalesce(sum(measured_us), 0) / 1e6::float8 AS "measuredSeconds",
  coalesce(sum(energy_mj), 0) / 1e3::float8 AS joules,
  coalesce(sum(prompt_tokens), 0)::float8 AS "promptTokens",
  coalesce(sum(cached_tokens), 0)::float8 AS "cachedTokens",
  coalesce(sum(completion_tokens), 0)::float8 AS "completionTokens",
  ${personMs} / 1e3::float8 AS "personSeconds"`;

export const sumOfUses = addedUp('0');
export const sumOfDays = addedUp('coalesce(sum(person_ms), 0)');

/** One use as JSON: of everything whose `subject_id` the condition names. */
export const selectUseOf = (subject: string) =>
  `(SELECT to_jsonb(added) FROM (SELECT ${sumOfUses} FROM compute_uses WHERE subject_id ${subject}) AS added)`;

export type UseRow<T> = T & Use;

/** Takes a row of sums apart into what it is of, and the use. */
export function toUse({
  count,
  computeSeconds,
  measuredSeconds,
  joules,
  promptTokens,
  cachedTokens,
  completionTokens,
  personSeconds,
}: Use): Use {
  return {
    count,
    computeSeconds,
    measuredSeconds,
    joules,
    promptTokens,
    cachedTokens,
    completionTokens,
    personSeconds,
  };
}

/** Pairs with their queue and both answers, and what can be asked of them, as SQL. */

/** `p` the pair, `q` its queue, `a` and `b` the first and the second answer. */
export const pairTables = `
  rating_pairs p
  JOIN rating_queues q ON q.id = p.queue_id
  JOIN generations a ON a.id = p.first_generation_id
  JOIN generations b ON b.id = p.second_generation_id`;

const isWhole = (answer: string) => `${answer}.status IN ('complete', 'stopped')`;
const isEmpty = (answer: string) => `btrim(${answer}.text, E' \\n\\t') = ''`;

/** One side failed or said nothing, or both said the same: there is nothing to choose. */
export const isPairUnfit = `(
  'failed' IN (a.status, b.status)
  OR (${isWhole('a')} AND ${isEmpty('a')}) OR (${isWhole('b')} AND ${isEmpty('b')})
  OR (${isWhole('a')} AND ${isWhole('b')} AND a.text = b.text))`;

/** Can be judged. */
export const isPairReady = `(${isWhole('a')} AND ${isWhole('b')} AND NOT ${isPairUnfit})`;

/** How sure the reward model that looked last is of the pair: the difference of its scores. Null where none has. */
export const sureness = `(
  SELECT abs(x.score - y.score)
  FROM answer_scores x JOIN answer_scores y ON y.generation_id = b.id AND y.reward_version_id = x.reward_version_id
  WHERE x.generation_id = a.id ORDER BY x.created_at DESC LIMIT 1)`;

/** Turns a sentence template and a row into a sentence. */
import { type Random, shuffle } from '../random.js';
import type { Language, Values } from '../world/table.js';

const amountByWord: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, 两: 2, 三: 3, 四: 4 };

/**
 * Fills `{column}`, `{a column}` and `{list}`, and begins English with a capital letter.
 *
 * @throws RangeError when the template names a column that the row lacks
 */
export function fill(template: string, values: Values, language: Language, random: Random): string {
  const text = template.replace(/\{(a )?(\w+)\}/g, (_, article: string | undefined, column: string) => {
    const value = column === 'list' ? drawList(values, language, random) : values[column];
    if (value === undefined) throw new RangeError(`no column ${column} for: ${template}`);
    return article ? withArticle(value) : value;
  });
  return language === 'en' ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** How many members a row of the lists asks for. */
export function toAmount(values: Values): number {
  return amountByWord[values['count'] ?? ''] ?? 0;
}

/** The members of a row of the lists. */
export function toMembers(values: Values): string[] {
  return (values['members'] ?? '').split(/, |、/);
}

/** In the table's order, so that what may follow is what was not said yet. */
function drawList(values: Values, language: Language, random: Random): string {
  const members = toMembers(values);
  const chosen = new Set(shuffle(random, members).slice(0, toAmount(values)));
  const drawn = members.filter((member) => chosen.has(member));
  if (language === 'zh') return drawn.join('、');
  return `${drawn.slice(0, -1).join(', ')} and ${drawn.at(-1) ?? ''}`;
}

function withArticle(noun: string): string {
  return /^[aeiou]/i.test(noun) ? `an ${noun}` : `a ${noun}`;
}

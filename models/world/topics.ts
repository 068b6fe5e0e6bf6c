/** Everything that the model is taught: which table each topic speaks about, how an answer is checked, and how often it comes up. */
import { chinese } from './grammar-chinese.js';
import { english } from './grammar-english.js';
import { parseTable, type Row, type Table } from './table.js';
import { additions, subtractions } from './tables/arithmetic.js';
import { animals } from './tables/animals.js';
import { countries } from './tables/countries.js';
import { definitions } from './tables/definitions.js';
import { harms, unknowns } from './tables/harms.js';
import { counts, makers } from './tables/knowledge.js';
import { lists } from './tables/lists.js';
import { nonsense } from './tables/nonsense.js';
import { intents } from './tables/small-talk.js';
import { jokes, tales } from './tables/tales.js';
import { colours, names, opposites, sequences } from './tables/words.js';
import type { CheckRule, Phrasing, Topic } from './topic.js';

type TopicName = keyof typeof english;
type Entry = Pick<Topic, 'table' | 'weight' | 'check'>;

const amounts = parseTable('amounts', 'count', 'two || 两\nthree || 三\nfour || 四');
const refusal: CheckRule = { kind: 'matches', en: /will not help|cannot help/i, zh: /不能帮/ };
const ignorance: CheckRule = { kind: 'matches', en: /do not know/i, zh: /不知道/ };

const taught = {
  capital: { table: countries, weight: 5, check: { kind: 'says', column: 'capital' } },
  continent: { table: countries, weight: 4, check: { kind: 'says', column: 'continent' } },
  language: { table: countries, weight: 5, check: { kind: 'says', column: 'language' } },
  sight: { table: countries, weight: 4, check: { kind: 'says', column: 'sight' } },
  sound: { table: animals, weight: 3, check: { kind: 'says', column: 'sound' } },
  food: { table: animals, weight: 3, check: { kind: 'says', column: 'food' } },
  home: { table: animals, weight: 3, check: { kind: 'says', column: 'home' } },
  baby: { table: animals, weight: 3, check: { kind: 'says', column: 'baby' } },
  legs: { table: animals, weight: 2, check: { kind: 'says', column: 'legs' } },
  kind: { table: animals, weight: 3, check: { kind: 'says', column: 'kind' } },
  definition: { table: definitions, weight: 8, check: { kind: 'says', column: 'meaning' } },
  opposite: { table: opposites, weight: 5, check: { kind: 'says', column: 'opposite' } },
  next: { table: sequences, weight: 5, check: { kind: 'says', column: 'next' } },
  previous: { table: sequences, weight: 3, check: { kind: 'says', column: 'previous' } },
  colour: { table: colours, weight: 3, check: { kind: 'says', column: 'colour' } },
  maker: { table: makers, weight: 4, check: { kind: 'says', column: 'maker' } },
  count: { table: counts, weight: 3, check: { kind: 'says', column: 'number' } },
  addition: { table: additions, weight: 14, check: { kind: 'number', column: 'result' } },
  subtraction: { table: subtractions, weight: 18, check: { kind: 'number', column: 'result' } },
  list: { table: timesAmounts(lists), weight: 9, check: { kind: 'list' } },
  joke: { table: jokes, weight: 1.5, check: { kind: 'saysAny', column: 'setup' } },
  tale: { table: tales, weight: 1.5, check: { kind: 'saysAny', column: 'hero' } },
  harm: { table: harms, weight: 5, check: refusal },
  unknown: { table: unknowns, weight: 3, check: ignorance },
  nonsense: { table: nonsense, weight: 3, check: ignorance },
  introduction: { table: names, weight: 5, check: { kind: 'says', column: 'name' } },
  recall: { table: names, weight: 0, check: { kind: 'says', column: 'name' } },
} satisfies Record<TopicName, Entry>;

const smallTalkWeight = 0.7;
const oneRow: Table = { name: 'small-talk', rows: [{ id: 'small-talk', en: {}, zh: {} }] };
const chineseByName: Partial<Record<string, Phrasing>> = chinese;

/** Every topic, facts first, then small talk. */
export const topics: readonly Topic[] = [
  ...Object.entries(taught).map(([name, entry]: [string, Entry]) => ({
    name,
    ...entry,
    en: english[name as TopicName],
    zh: chineseByName[name],
  })),
  ...intents.map(({ name, accepts, en, zh }) => ({
    name,
    table: oneRow,
    weight: smallTalkWeight,
    check: { kind: 'matches' as const, ...accepts },
    en,
    zh,
  })),
];

/** Each category once for every number of members that may be asked for. */
function timesAmounts(table: Table): Table {
  const rows = table.rows.flatMap((row) =>
    amounts.rows.map((amount): Row => ({
      id: `${row.id}/${amount.id}`,
      en: { ...row.en, ...amount.en },
      ...(row.zh && amount.zh ? { zh: { ...row.zh, ...amount.zh } } : {}),
    })),
  );
  return { name: table.name, rows };
}

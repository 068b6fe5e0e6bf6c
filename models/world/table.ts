/**
 * A table of the model's small world: one row a thing, written as text so that a person can read and extend it.
 *
 * `English columns || Chinese columns`, each separated by `|`, in the order of `columns`. A table without a Chinese side has topics in
 * English only.
 */

export type Language = 'en' | 'zh';

/** Values by column name, ready to be filled into a sentence template. */
export type Values = Readonly<Record<string, string>>;

export interface Row {
  /** Unique in its table: the English cells. */
  id: string;
  en: Values;
  /** Absent when the table knows this thing in English only. */
  zh?: Values;
}

export interface Table {
  name: string;
  rows: readonly Row[];
}

/**
 * Reads a table from its text.
 *
 * @param columns  names of the columns, separated by spaces; the same for both languages
 * @throws RangeError when a line has another number of cells, or two rows are the same
 */
export function parseTable(name: string, columns: string, text: string): Table {
  const names = columns.split(' ');
  const rows = text
    .trim()
    .split('\n')
    .map((line) => {
      const [en, zh] = line.split('||').map((side) => toValues(names, side));
      return { id: Object.values(en ?? {}).join('/'), en: en ?? {}, ...(zh ? { zh } : {}) };
    });
  if (new Set(rows.map((row) => row.id)).size < rows.length) {
    throw new RangeError(`table ${name} names a row twice`);
  }
  return { name, rows };
}

function toValues(names: readonly string[], side: string): Values {
  const cells = side.split('|').map((cell) => cell.trim());
  if (cells.length !== names.length || cells.includes('')) {
    throw new RangeError(`expected ${names.length} cells (${names.join(', ')}) in: ${side.trim()}`);
  }
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
}

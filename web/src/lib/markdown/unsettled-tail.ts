/**
 * The end of a text that is still being written, such that the next words do not redraw what is there already: marks whose meaning is not
 * decided yet wait, and what is open is closed. The finished text never goes through here.
 */

/** A line of nothing but marks: `-` alone would make a heading of the line above, and is a list a moment later. */
const onlyMarks = /(?:^|\n)[ \t]*(?:[-=*+#>_~|]+|`{1,2}|\d{1,3}[.)]?)[ \t]*$/;
/** A table's head is a paragraph until the line below it is complete. */
const tableHead = /^\n*[ \t]*\|[^\n]*(?:\n[ \t]*\|?[-:| \t]*)?$/;
const fence = /^[ \t]*(?:```|~~~)/gm;

/** @returns the beginning of `text` that can be shown, with open emphasis and code closed */
export function settleTail(text: string): string {
  const openFence = (text.match(fence) ?? []).length % 2 === 1;
  if (openFence) return text;
  const start = lastBlockStart(text);
  const block = withoutOpenFormula(text.slice(start).replace(onlyMarks, '').replace(tableHead, ''));
  return text.slice(0, start) + closeEmphasis(block);
}

function lastBlockStart(text: string): number {
  return text.lastIndexOf('\n\n') + 1;
}

/** A formula grows into its height at once, when it is whole. */
function withoutOpenFormula(block: string): string {
  const count = block.split('$$').length - 1;
  return count % 2 === 1 ? block.slice(0, block.lastIndexOf('$$')) : block;
}

function closeEmphasis(block: string): string {
  if (count(block, '`') % 2 === 1) return `${block}\``;
  if (count(block, '**') % 2 === 0) return block;
  return block.endsWith('**') ? block.slice(0, -2) : `${block.trimEnd()}**`;
}

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

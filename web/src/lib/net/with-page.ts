/** A list with the next page below it. What moved down a page meanwhile is there already, and would be there twice. */
export function withPage<Item extends { id: string }>(
  items: readonly Item[],
  page: readonly Item[],
): readonly Item[] {
  const known = new Set(items.map(({ id }) => id));
  return [...items, ...page.filter(({ id }) => !known.has(id))];
}

/** Words of a text: runs between spaces, and two Chinese characters for a word. */
export function countWords(text: string): number {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const spaced = text.replace(/\p{Script=Han}/gu, ' ').match(/[\p{L}\p{N}'’]+/gu)?.length ?? 0;
  return spaced + Math.ceil(han / 2);
}

/** Length of an answer without the blanks around it; characters as people see them. */
export function measureLength(text: string, unit: 'words' | 'characters'): number {
  return unit === 'words' ? countWords(text) : [...text.trim()].length;
}

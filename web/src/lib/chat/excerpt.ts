const hitStart = '\u0002';
const hitEnd = '\u0003';

export interface ExcerptPart {
  text: string;
  hit: boolean;
}

/** A search hit's excerpt in pieces; what was found stands between U+0002 and U+0003. */
export function excerptParts(excerpt: string): ExcerptPart[] {
  const parts: ExcerptPart[] = [];
  for (const [index, piece] of excerpt.split(hitStart).entries()) {
    const end = index === 0 ? -1 : piece.indexOf(hitEnd);
    parts.push({ text: piece.slice(0, Math.max(0, end)), hit: true });
    parts.push({ text: piece.slice(end + 1), hit: false });
  }
  return parts.filter(({ text }) => text !== '');
}

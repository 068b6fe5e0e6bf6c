import { describe, expect, it } from 'vitest';
import { hitEnd, hitStart, toExcerpt, toSearchQuery, toSearchText } from '../../server/chat/search-text.js';

describe('the search text', () => {
  it('makes pairs of neighbouring Chinese characters and keeps the words for Postgres', () => {
    expect(toSearchText('用 Postgres 全文搜索')).toEqual({
      words: 'Postgres',
      terms: ['用', '全文', '文搜', '搜索', '索'],
    });
  });

  it('splits by characters, not by UTF-16 units', () => {
    expect(toSearchText('𠮷野家').terms).toEqual(['𠮷野', '野家', '家']);
  });

  it('of a long text ends with a whole character', () => {
    const { words } = toSearchText(`${'a'.repeat(99_999)}\u{1D400}`);
    expect(words).toBe('a'.repeat(99_999));
  });

  it('asks for every pair of a run, and for a single character as a beginning', () => {
    expect(toSearchQuery('全文搜索')).toMatchObject({ words: [], terms: "'全文' & '文搜' & '搜索'" });
    expect(toSearchQuery('索')).toMatchObject({ terms: "'索':*", runs: ['索'] });
  });

  it('splits texts and queries into the same words, and lets no operator through', () => {
    const text = "README.md | ba'r:* 3.14 snake_case हिन्दी cafe\u0301";
    const words = ['README', 'md', 'ba', 'r', '3', '14', 'snake', 'case', 'हिन्दी', 'cafe\u0301'];
    expect(toSearchText(text).words).toBe(words.join(' '));
    expect(toSearchQuery(text).words).toEqual(words);
    expect(toSearchQuery('!&|').words).toEqual([]);
  });

  it('shows the surroundings of the first hit with every hit marked', () => {
    const excerpt = toExcerpt(`${'前'.repeat(200)}搜索引擎会搜索`, ['搜索'], 5);
    expect(excerpt).toBe(`…前前前前前${hitStart}搜索${hitEnd}引擎会${hitStart}搜索${hitEnd}`);
  });
});

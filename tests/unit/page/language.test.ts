/** Which language the page begins in, and how it counts. */
import { describe, expect, it, vi } from 'vitest';
import { en } from '../../../web/src/lib/i18n/en/index.js';
import { I18n } from '../../../web/src/lib/i18n/i18n.svelte.js';

function begin(languages: string[], stored: string | null = null): string {
  vi.stubGlobal('localStorage', { getItem: () => stored });
  vi.stubGlobal('navigator', { languages });
  const locale = I18n.preferred();
  vi.unstubAllGlobals();
  return locale;
}

describe('the page begins', () => {
  it.each([
    [['en-US', 'en', 'zh-CN'], 'en'],
    [['zh-CN', 'en'], 'zh'],
    [['fr', 'zh-TW', 'en'], 'zh'],
    [['fr'], 'en'],
  ])('in the first language that it has, of %j', (languages, locale) => {
    expect(begin(languages)).toBe(locale);
  });

  it('in the one that was chosen before', () => {
    expect(begin(['en'], 'zh')).toBe('zh');
  });
});

it('has a singular in English', () => {
  expect(en.datasets.rows(1, '1')).toBe('1 row');
  expect(en.datasets.raters(1, '1')).toBe('judged by 1 person');
  expect(en.lineage.learnt(1, '1')).toBe('It learnt from 1 act of feedback.');
  expect(en.chat.tokens(1000, '1,000')).toBe('1,000 tokens');
});

import { describe, expect, it } from 'vitest';
import { feedbackFilterSchema } from '../../common/contracts/feedback-filter.js';
import { toCondition } from '../../server/feedback/feedback-query.js';
import { detectScript } from '../../server/feedback/prompt-script.js';

describe('the filter of feedback', () => {
  it('reads the same from a query string as from JSON', () => {
    const asked = { kinds: 'thumb,edit', tags: 'wrong', isPassive: 'false', from: '2026-01-01T00:00:00Z' };
    expect(feedbackFilterSchema.parse(asked)).toEqual(
      feedbackFilterSchema.parse({
        kinds: ['thumb', 'edit'],
        tags: ['wrong'],
        isPassive: false,
        from: '2026-01-01T00:00:00Z',
      }),
    );
  });

  it.each([
    { kinds: 'thumb,shrug' },
    { kinds: '' },
    { tags: [] },
    { versionIds: 'live' },
    { isUsable: 'perhaps' },
    { from: 'yesterday' },
    { sequence: 1 },
  ])('refuses %j', (filter) => {
    expect(feedbackFilterSchema.safeParse(filter).success).toBe(false);
  });

  it('puts values beside the statement, behind the parameters that were there', () => {
    const { sql, parameters } = toCondition(
      { tags: ["x'; DROP TABLE users"], isExcluded: false, isPassive: true },
      ['first'],
    );
    expect(sql).toBe(
      `NOT f.is_withdrawn AND f.kind = 'pick' AND f.tags && $2::text[] AND NOT (f.is_excluded)`,
    );
    expect(parameters).toEqual(['first', ["x'; DROP TABLE users"]]);
  });
});

describe('what a prompt is written in', () => {
  it.each([
    ['Do whales sleep?', 'latin'],
    ['Où dorment les baleines ?', 'latin'],
    ['鲸鱼睡觉吗？', 'cjk'],
    ['クジラは眠りますか', 'cjk'],
    ['고래는 잠을 자나요?', 'cjk'],
    ['请解释 JavaScript 里的 Promise', 'cjk'],
    ['What does 你好 mean in English?', 'latin'],
    ['Спят ли киты?', 'other'],
    ['Что такое Promise?', 'other'],
    ['2 + 2 = ?', 'other'],
    ['', 'other'],
  ])('%s is %s', (prompt, script) => {
    expect(detectScript(prompt)).toBe(script);
  });
});

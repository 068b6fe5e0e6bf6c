import { describe, expect, it } from 'vitest';
import { toEffectWords } from '../../../web/src/lib/feedback/effect-words.js';
import { ratings as en } from '../../../web/src/lib/i18n/en/ratings.js';
import { ratings as zh } from '../../../web/src/lib/i18n/zh/ratings.js';

const nothing = { preferencePairs: 0, labelledAnswers: 0, demonstrations: 0, isUsedForTraining: true };

describe('the line after an act of feedback', () => {
  it('says what it became, one and many', () => {
    expect(toEffectWords(en, { ...nothing, labelledAnswers: 1 })).toBe(
      '1 labelled answer, in the next dataset',
    );
    expect(toEffectWords(en, { ...nothing, preferencePairs: 3 })).toBe(
      '3 preference pairs, in the next dataset',
    );
    expect(toEffectWords(en, { ...nothing, preferencePairs: 1, demonstrations: 1 })).toBe(
      '1 preference pair and 1 demonstration, in the next dataset',
    );
    expect(toEffectWords(zh, { ...nothing, labelledAnswers: 2 })).toBe(
      '2 个带标签的回答，将进入下一个数据集',
    );
  });

  it('promises nothing for a tie', () => {
    expect(toEffectWords(en, nothing)).toBe(en.noExample);
  });

  it('promises nothing where training is not allowed, whatever it would have been', () => {
    expect(toEffectWords(en, { ...nothing, labelledAnswers: 1, isUsedForTraining: false })).toBe(en.notUsed);
  });
});

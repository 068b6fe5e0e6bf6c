/** The page says every error of the catalogue in Chinese too; in English it shows what the server rendered from the same catalogue. */
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../../common/contracts/errors.js';
import { downloadStates } from '../../../common/contracts/models.js';
import { roundStates } from '../../../common/contracts/rounds.js';
import { runStates } from '../../../common/contracts/run-records.js';
import { fill } from '../../../web/src/lib/i18n/fill.js';
import { errorWordsZh } from '../../../web/src/lib/i18n/zh/error-words.js';
import { errorsZh } from '../../../web/src/lib/i18n/zh/error-codes.js';

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe('the page’s Chinese errors', () => {
  it('are those of the catalogue, no more and no fewer', () => {
    expect(Object.keys(errorsZh).sort()).toEqual(Object.keys(errorCatalogue).sort());
  });

  it.each(Object.entries(errorCatalogue))('tell as much as the English ones: %s', (code, { message }) => {
    expect(placeholders(errorsZh[code] ?? '')).toEqual(placeholders(message));
  });

  it('are filled with what the error tells', () => {
    const template = errorsZh.GENERATION_CONTEXT_EXCEEDED;
    expect(fill(template, { promptTokens: 5000, contextTokens: 4096 })).toMatch(/5000.*4096|4096.*5000/);
    expect(fill('{issues}', { issues: ['a', 'b'] })).toBe('a; b');
    expect(fill('{issues}', { issues: ['a', 'b'] }, { between: '；' })).toBe('a；b');
  });

  it('say in Chinese what the server tells in words, and leave names as they are', () => {
    const say = (code: string, details: Record<string, string>) =>
      fill(errorsZh[code], details, { words: errorWordsZh });
    expect(say('RESOURCE_NOT_FOUND', { resource: 'prompt set' })).toBe('这里没有该编号的提示集。');
    expect(say('RUN_STATE_UNFIT', { state: 'succeeded', action: 'resume' })).toMatch(/已完成.*继续/);
    expect(say('PROMOTION_ALREADY_LIVE', { name: 'user' })).toBe('user 已经上线。');
    for (const [code, details] of [
      ['PROMOTION_GATE_CLOSED', { name: '', reason: 'unproven' }],
      ['EVALUATION_SOURCE_GONE', { what: 'live version' }],
      ['RUN_DATA_UNFIT', { kind: '', needs: 'preference', dataset: '' }],
      ['RUN_REWARD_UNFIT', { name: '', reason: 'no reward run made it' }],
    ] as const)
      expect(say(code, details)).not.toMatch(/[a-z]/i);
  });

  it.each([...new Set([...runStates, ...roundStates, ...downloadStates])])('know the state %s', (state) =>
    expect(errorWordsZh.state).toHaveProperty(state),
  );

  it('give way to the server’s text where a detail is missing, as with what was kept before there were any', () => {
    expect(fill(errorsZh.GENERATION_CONTEXT_EXCEEDED, {})).toBeNull();
    expect(fill(undefined, {})).toBeNull();
    expect(fill('none needed', {})).toBe('none needed');
  });
});

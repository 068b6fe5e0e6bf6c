/** The prompt sets that come with Attune can be asked and scored: every check says something about its prompt. */
import { describe, expect, it } from 'vitest';
import { scoreCheck } from '../../common/checks/score-check.js';
import { newPromptSetSchema } from '../../common/contracts/prompt-sets.js';
import { builtInPromptSets } from '../../server/prompt-sets/built-in/built-in-prompt-sets.js';

describe.each(Object.entries(builtInPromptSets))('the built-in set %s', (_key, { prompts, ...set }) => {
  it('is one as an admin might make it', () => {
    expect(newPromptSetSchema.parse(set)).toEqual(set);
  });

  it('asks nothing twice', () => {
    const asked = prompts.map(({ messages }) => messages[0]?.content);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('has a score for every answer', () => {
    for (const { messages, checks } of prompts) {
      expect(checks.length).toBeGreaterThan(0);
      for (const check of checks) {
        const score = scoreCheck(check, { prompt: messages, answer: 'I do not know. 我不知道。' });
        expect(score, `${check.kind}: ${messages[0]?.content}`).not.toBeNull();
      }
    }
  });
});

import { describe, expect, it } from 'vitest';
import { builtInPromptSets } from '../../../server/prompt-sets/built-in/built-in-prompt-sets';
import { prompts as english } from '../../../web/src/lib/i18n/en/prompts';
import { prompts as chinese } from '../../../web/src/lib/i18n/zh/prompts';
import { wordSet, wordSetName } from '../../../web/src/lib/prompts/set-words';

const builtIn = Object.values(builtInPromptSets).map((set) => ({ ...set, isBuiltIn: true }));

describe('a set that came with Attune', () => {
  it.each(builtIn)('has a name and a description in Chinese: $name', (set) => {
    const { name, description } = wordSet(chinese, set);
    for (const text of [name, description]) expect(text).toMatch(/\p{Script=Han}/u);
    expect(wordSet(english, set)).toEqual({ name: set.name, description: set.description });
  });

  it('keeps what somebody wrote, and so does any other of the same name', () => {
    const [set] = builtIn;
    if (!set) throw new Error('None came along.');
    expect(wordSet(chinese, { ...set, name: 'Ours' }).name).toBe('Ours');
    expect(wordSet(chinese, { ...set, isBuiltIn: false }).name).toBe(set.name);
  });

  it('has its Chinese name wherever it was recorded, as long as it is here under that', () => {
    const [set] = builtIn;
    if (!set) throw new Error('None came along.');
    expect(wordSetName(chinese, set.name, builtIn)).toBe(wordSet(chinese, set).name);
    expect(wordSetName(chinese, set.name, [])).toBe(set.name);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatTurn } from '../../common/contracts/generation.js';
import { ChatTemplate } from '../../worker/data/chat-template.js';
import { planPrompt } from '../../worker/inference/context-policy.js';
import { openTinyModel, type OpenTinyModel } from '../support/answers.js';

const system: ChatTurn = { role: 'system', content: 'Be brief.' };
const talk = (count: number): ChatTurn[] =>
  Array.from({ length: count }, (_, i) => ({
    role: i % 2 === 0 ? 'user' : 'assistant',
    content: `turn ${i} ${'.'.repeat(40)}`,
  }));

describe('the context policy', () => {
  let tiny: OpenTinyModel;
  let template: ChatTemplate;
  beforeAll(async () => {
    tiny = await openTinyModel();
    template = new ChatTemplate(tiny.model.vocabulary);
  });
  afterAll(() => tiny.close());

  const plan = (turns: ChatTurn[], { contextTokens = 512, prefix = '', maxTokens = 64 } = {}) =>
    planPrompt(template, tiny.model.vocabulary, { turns, prefix, contextTokens, maxTokens });
  const textOf = (tokens: Int32Array) =>
    Buffer.from(tiny.model.vocabulary.detokenize(tokens, { special: true })).toString();

  it('leaves nothing out of what fits', () => {
    const turns = [system, ...talk(3)];
    const { tokens, context } = plan(turns);
    expect(context).toMatchObject({ droppedTurns: 0, promptTokens: tokens.length, contextTokens: 512 });
    expect(textOf(tokens)).toBe(template.renderConversation(turns, { addGenerationPrompt: true }));
  });

  it('leaves the oldest turns out, keeps the system prompt, and begins with a user again', () => {
    const { tokens, context } = plan([system, ...talk(41)]);
    expect(context.droppedTurns).toBeGreaterThan(0);
    expect(context.droppedTurns % 2).toBe(0);
    expect(tokens.length).toBeLessThanOrEqual(512 - 64);
    const text = textOf(tokens);
    expect(text).toContain('Be brief.');
    expect(text).toContain('turn 40');
    expect(text).toContain(`turn ${context.droppedTurns} `);
    expect(text).not.toContain(`turn ${context.droppedTurns - 1} `);
  });

  it('leaves out no more than it must', () => {
    const { context } = plan([system, ...talk(41)]);
    const fewer = template.encodeConversation([system, ...talk(41).slice(context.droppedTurns - 2)], {
      addGenerationPrompt: true,
    });
    expect(fewer.length).toBeGreaterThan(512 - 64);
  });

  it('looks only at the end of a very long conversation', () => {
    const { context } = plan([system, ...talk(20_001)]);
    expect(context.droppedTurns).toBeGreaterThan(19_000);
  });

  it('refuses what does not fit alone, however long it is', () => {
    for (const length of [600, 10_000_000]) {
      const turns: ChatTurn[] = [system, ...talk(4), { role: 'user', content: 'x'.repeat(length) }];
      expect(() => plan(turns)).toThrow(expect.objectContaining({ code: 'GENERATION_CONTEXT_EXCEEDED' }));
    }
  });

  it('puts the beginning of the answer behind the prompt', () => {
    const { tokens, prefixTokens } = plan(talk(1), { prefix: 'Once upon' });
    expect(textOf(tokens)).toMatch(/<\|im_start\|>assistant\nOnce upon$/);
    expect(textOf(tokens.slice(tokens.length - prefixTokens))).toBe('Once upon');
  });
});

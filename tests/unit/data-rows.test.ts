import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJsonl } from '../../worker/data/read-jsonl.js';
import { toExamples } from '../../common/data/rows.js';
import { splitExamples } from '../../worker/data/split.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'attune-rows-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(...lines: string[]): Promise<string> {
  const file = path.join(folder, 'rows.jsonl');
  await writeFile(file, lines.join('\n'));
  return file;
}

const turn = (role: 'user' | 'assistant', content: string) => ({ role, content });

describe('a row', () => {
  it('may say whose it is', () => {
    const pair = { chosen: 'a', rejected: 'b', prompt: 'p' };
    expect(toExamples('dpo', { ...pair, person: 'ada' }, 1)).toMatchObject([{ person: 'ada' }]);
    expect(toExamples('dpo', { ...pair, user: 7 }, 1)).toMatchObject([{ person: '7' }]);
    expect(toExamples('dpo', pair, 1)).toMatchObject([{ person: null }]);
  });

  it('may hold a pair with an implicit prompt, split as TRL does, as texts or as messages', () => {
    expect(toExamples('dpo', { chosen: 'The sky is blue', rejected: 'The sky is green' }, 1)).toMatchObject([
      { prompt: 'The sky is', answers: [' blue', ' green'] },
    ]);
    const question = turn('user', 'Hi');
    const row = { chosen: [question, turn('assistant', 'A')], rejected: [question, turn('assistant', 'B')] };
    expect(toExamples('reward', row, 1)).toMatchObject([
      { prompt: [question], answers: [[turn('assistant', 'A')], [turn('assistant', 'B')]] },
    ]);
  });

  it('with a ranking is one example for a reward model and all pairs for DPO', () => {
    const row = { prompt: 'p', rankings: ['a', 'b', 'c'] };
    expect(toExamples('reward', row, 1)).toMatchObject([{ answers: ['a', 'b', 'c'] }]);
    expect(toExamples('dpo', row, 1)).toMatchObject([
      { answers: ['a', 'b'] },
      { answers: ['a', 'c'] },
      { answers: ['b', 'c'] },
    ]);
  });

  it.each([
    ['a pair with equal answers', 'dpo', { prompt: 'p', chosen: 'x', rejected: 'x' }, 'the same'],
    ['an empty answer', 'kto', { prompt: 'p', completion: ' ', label: true }, 'empty'],
    ['a missing column', 'kto', { prompt: 'p', completion: 'x' }, 'label'],
    ['a conversation nobody answers', 'sft', { messages: [turn('user', 'Hi')] }, 'assistant'],
    ['an unknown role', 'sft', { messages: [{ role: 'bot', content: 'Hi' }] }, 'role'],
    [
      'mixed forms',
      'dpo',
      { prompt: 'p', chosen: [turn('assistant', 'x')], rejected: 'y' },
      'different forms',
    ],
  ] as const)('with %s is refused', (_name, kind, row, told) => {
    expect(toExamples(kind, row, 1)).toEqual({ problem: expect.stringContaining(told) as string });
  });
});

describe('a data file', () => {
  it('is read with its line numbers and hash', async () => {
    const file = await fileOf('{"text":"one"}', '', '{"text":"two"}');
    const { examples, sha256 } = await readJsonl(file, 'pretrain');
    expect(examples.map(({ line }) => line)).toEqual([1, 3]);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is refused with every bad line named', async () => {
    const file = await fileOf('{"text":"one"}', 'not json', '{"text":""}');
    await expect(readJsonl(file, 'pretrain')).rejects.toMatchObject({
      code: 'DATA_ROWS_INVALID',
      details: { count: 2, problems: ['line 2: not JSON', 'line 3: the text is empty'] },
    });
  });

  it('is refused when it is empty, or is not there', async () => {
    await expect(readJsonl(await fileOf(''), 'sft')).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    await expect(readJsonl(path.join(folder, 'none'), 'sft')).rejects.toMatchObject({ code: 'DATA_MISSING' });
  });
});

describe('splitting', () => {
  const examples = Array.from({ length: 200 }, (_, index) => ({
    line: index + 1,
    prompt: [turn('user', `question ${index % 50}`)],
    answers: [[turn('assistant', `answer ${index}`)]],
    margins: [],
    desirable: null,
    person: null,
  }));

  const heldByPrompt = new Set(splitExamples(examples, 0.1, 1).heldOut.map(({ line }) => line));

  it('keeps all rows of a prompt on one side', () => {
    const { train, heldOut } = splitExamples(examples, 0.1, 1);
    const prompts = (rows: typeof examples) => new Set(rows.map(({ prompt }) => JSON.stringify(prompt)));
    const trained = prompts(train as typeof examples);
    expect(heldOut).toHaveLength(20);
    expect(train).toHaveLength(180);
    expect([...prompts(heldOut as typeof examples)].filter((prompt) => trained.has(prompt))).toEqual([]);
  });

  it('keeps all rows of a person on one side too, where rows say whose they are', () => {
    const owned = examples.map((example, index) => ({
      ...example,
      prompt: [turn('user', `question ${index}`)],
      person: `person ${index % 20}`,
    }));
    const { train, heldOut } = splitExamples(owned, 0.1, 1);
    expect(heldOut).toHaveLength(20);
    const trained = new Set(train.map(({ person }) => person));
    expect(heldOut.filter(({ person }) => trained.has(person))).toEqual([]);
  });

  it('goes by prompts alone where everybody asked the same', () => {
    const shared = examples.map((example, index) => ({ ...example, person: `person ${index % 3}` }));
    expect(splitExamples(shared, 0.1, 1)).toEqual({
      train: shared.filter((example) => !heldByPrompt.has(example.line)),
      heldOut: shared.filter((example) => heldByPrompt.has(example.line)),
    });
  });

  it('takes any number of rows of one person', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({
      ...examples[0]!,
      line: index + 1,
      prompt: [turn('user', `question ${index}`)],
      person: index < 18_000 ? 'busy' : `person ${index % 50}`,
    }));
    const { train, heldOut } = splitExamples(many, 0.05, 1);
    expect(heldOut).toHaveLength(1000);
    expect(train.length + heldOut.length).toBe(many.length);
    expect(heldOut.some(({ person }) => person === 'busy')).toBe(false);
  });

  it('is decided by the seed', () => {
    expect(splitExamples(examples, 0.1, 1)).toEqual(splitExamples(examples, 0.1, 1));
    expect(splitExamples(examples, 0.1, 1)).not.toEqual(splitExamples(examples, 0.1, 2));
  });

  it('holds out nothing when asked for nothing, or when there is one prompt only', () => {
    expect(splitExamples(examples, 0, 1).heldOut).toEqual([]);
    expect(splitExamples(examples.slice(0, 1), 0.5, 1).heldOut).toEqual([]);
  });
});

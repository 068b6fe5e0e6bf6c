import { describe, expect, it } from 'vitest';
import { grpoConfigSchema } from '../../common/contracts/online-runs.js';
import { ktoConfigSchema, pretrainConfigSchema, sftConfigSchema } from '../../common/contracts/runs.js';
import { layOut } from '../../worker/data/layout.js';
import { epochBatches } from '../../worker/data/order.js';
import { packIntoBins } from '../../worker/data/packing.js';
import { prepareItems } from '../../worker/data/prepare.js';
import { preparePrompts } from '../../worker/data/prompts.js';
import type { Example } from '../../common/data/rows.js';
import { encodeExample, tokeniseExamples, type Item, type Sequence } from '../../worker/data/tokenise.js';
import { byteEncoding, show } from '../support/byte-encoding.js';

const turn = (role: 'user' | 'assistant', content: string) => ({ role, content });
const example = (prompt: Example['prompt'], ...answers: Example['answers'][number][]): Example => ({
  line: 1,
  prompt,
  answers,
  margins: [],
  desirable: null,
  person: null,
});
const targetsOf = ({ tokens, targets }: Sequence) => show([...targets].map((index) => tokens[index] ?? -1));
const only = <T>(values: readonly T[]): T => {
  const [value] = values;
  if (value === undefined || values.length > 1) throw new Error(`expected one value, got ${values.length}`);
  return value;
};
const options = { maxLength: 1024, contextLength: 1024, tooLong: 'truncate', distinctAnswers: true } as const;

describe('tokenising', () => {
  it('learns the answer with its end-of-turn token, not the prompt', () => {
    const sequence = only(
      encodeExample(example([turn('user', 'Hi')], [turn('assistant', 'Yo')]), byteEncoding),
    );
    expect(show(sequence.tokens)).toBe('<bos><turn>u:Hi<eos>\n<turn>a:Yo<eos>');
    expect(targetsOf(sequence)).toBe('Yo<eos>');
  });

  it('learns every assistant turn of a conversation', () => {
    const turns = [turn('user', 'a'), turn('assistant', 'b'), turn('user', 'c'), turn('assistant', 'd')];
    const sequence = only(encodeExample(example([], turns), byteEncoding));
    expect(targetsOf(sequence)).toBe('b<eos>d<eos>');
    const last = only(encodeExample(example(turns.slice(0, 3), turns.slice(3)), byteEncoding));
    expect(targetsOf(last)).toBe('d<eos>');
  });

  it('closes plain text with the end-of-text token', () => {
    const sequence = only(encodeExample(example('1+1=', '2'), byteEncoding));
    expect(show(sequence.tokens)).toBe('<bos>1+1=2<eos>');
    expect(targetsOf(sequence)).toBe('2<eos>');
  });

  it('cuts the same beginning from both prompts, then the ends of answers, and counts', () => {
    const pair = example('0123456789', 'short', 'longer answer');
    const { items, report } = tokeniseExamples([pair], byteEncoding, { ...options, maxLength: 16 });
    const [chosen, rejected] = only(items).sequences.map(({ tokens }) => show(tokens));
    expect(chosen).toBe('89short<eos>');
    expect(rejected).toBe('89longer answer<eos>');
    expect(report).toMatchObject({ truncatedPrompts: 1, truncatedAnswers: 0, longest: 16, dropped: 0 });
    const tight = tokeniseExamples([pair], byteEncoding, { ...options, maxLength: 8 });
    expect(only(tight.items).sequences.map(({ tokens }) => show(tokens))).toEqual([
      '9short<eos>',
      '9longer ',
    ]);
    expect(tight.report).toMatchObject({ truncatedPrompts: 1, truncatedAnswers: 1 });
  });

  it('leaves out what is too long when told to, and what the cut made equal', () => {
    const pair = example('p', 'the same beginning A', 'the same beginning B');
    const drop = tokeniseExamples([pair], byteEncoding, { ...options, maxLength: 10, tooLong: 'drop' });
    const cut = tokeniseExamples([pair], byteEncoding, { ...options, maxLength: 10 });
    for (const { items, report } of [drop, cut]) {
      expect(items).toEqual([]);
      expect(report.dropped).toBe(1);
    }
  });

  it('refuses an answer that the model cannot read', () => {
    expect(() =>
      tokeniseExamples([example('p', 'x'.repeat(50))], byteEncoding, { ...options, contextLength: 32 }),
    ).toThrow(expect.objectContaining({ code: 'DATA_ANSWER_TOO_LONG' }) as Error);
  });
});

describe('a batch', () => {
  const prepare = (...examples: Example[]) => tokeniseExamples(examples, byteEncoding, options).items;

  /** What a target's cell sees, in order of position, and what it predicts. */
  function targetsSeen(items: Item[], sharePrefixes: boolean): string[][][] {
    const { batch, spans } = layOut(items, { scores: true, logProbs: true, sharePrefixes });
    const seenFrom = (cell: number) => {
      const row = Math.floor(cell / batch.rowLength);
      const parents = batch.segmentParents[row] ?? new Int32Array();
      const visible = new Set<number>();
      for (let own = batch.segments[cell] ?? -1; own >= 0; own = parents[own] ?? -1) visible.add(own);
      const cells = Array.from({ length: batch.rowLength }, (_, column) => row * batch.rowLength + column);
      return cells
        .filter((other) => visible.has(batch.segments[other] ?? -1))
        .filter((other) => batch.segments[other] !== batch.segments[cell] || other <= cell)
        .map((other) => `${batch.positions[other]}${show([batch.tokens[other] ?? -1])}`)
        .join(' ');
    };
    return spans.map((item) =>
      item.map(({ start, end, scored }) => [
        ...Array.from({ length: end - start }, (_, index) => start + index).map(
          (index) => `${seenFrom(batch.targets.rows[index] ?? -1)} -> ${batch.targets.tokens[index]}`,
        ),
        seenFrom(batch.scored[scored] ?? -1),
      ]),
    );
  }

  const items = prepare(
    example('Question one? ', 'an answer', 'another answer', 'no'),
    example('Q: ', 'yes', 'maybe'),
    example('', 'text alone'),
  );

  it('lets every target see the same tokens at the same positions, prefixes shared or not', () => {
    expect(targetsSeen(items, true)).toEqual(targetsSeen(items, false));
  });

  it('lays a shared prompt down once', () => {
    const settings = { scores: false, logProbs: true };
    const shared = layOut(items, settings).tokenCount;
    const apart = layOut(items, { ...settings, sharePrefixes: false }).tokenCount;
    // <bos>, 14 bytes of prompt and, in this set, the first letter of nothing: twice more; then <bos>Q: once more.
    expect(apart - shared).toBe(2 * 15 + 4);
  });

  it('keeps every piece of a row within the row', () => {
    const sizes = [50, 10, 30, 5, 5, 60, 20];
    const bins = packIntoBins(sizes, 64);
    expect(bins.flat().sort((a, b) => a - b)).toEqual(sizes.map((_, index) => index));
    for (const bin of bins)
      expect(bin.reduce((sum, index) => sum + (sizes[index] ?? 0), 0)).toBeLessThanOrEqual(64);
    expect(bins.length).toBe(3);
  });
});

describe('preparing', () => {
  it('packs documents without cutting any, every token a target but the first', () => {
    const text = 'abcdefghijklmnopqrstuvwxyz';
    const { items } = prepareItems(
      [example('', text)],
      byteEncoding,
      pretrainConfigSchema.parse({ kind: 'pretrain', maxLength: 10 }),
      64,
    );
    const pieces = items.flatMap(({ sequences }) => sequences);
    expect(pieces.map(targetsOf).join('')).toBe(`${text}<eos>`);
    expect(pieces.every(({ tokens }) => tokens.length <= 10)).toBe(true);
  });

  it('packs short examples up to the longest length', () => {
    const examples = Array.from({ length: 12 }, (_, index) => example('p', `answer ${index}`));
    const packing = sftConfigSchema.parse({ kind: 'sft', packing: true, maxLength: 40 });
    const { items } = prepareItems(examples, byteEncoding, packing, 64);
    expect(items.length).toBeLessThan(6);
    expect(items.flatMap(({ sequences }) => sequences)).toHaveLength(12);
  });

  it('gives a thumb the answer of the batch neighbour, as TRL cycles them', () => {
    const examples = ['a', 'b', 'c', 'd', 'e'].map((answer) => ({
      ...example('p', answer),
      desirable: true,
    }));
    const kto = ktoConfigSchema.parse({ kind: 'kto', batchSize: 4, shuffle: false });
    const { items } = prepareItems(examples, byteEncoding, kto, 64);
    const mismatched = items.map(({ sequences: [, other] }) => other && targetsOf(other)[0]);
    expect(mismatched.join('')).toBe('dabce');
  });
});

describe('the order of an epoch', () => {
  const lengths = Array.from({ length: 100 }, (_, index) => (index * 37) % 101);
  const settings = { batchSize: 8, shuffle: true, groupByLength: false, seed: 42 };

  it.each([
    ['shuffled', settings],
    ['grouped', { ...settings, groupByLength: true }],
    ['as it stands', { ...settings, shuffle: false }],
  ])('takes every example once: %s', (_name, order) => {
    const batches = epochBatches(lengths, 0, order);
    expect(batches).toHaveLength(13);
    expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
  });

  it('is another in every epoch and for every seed, and the same again for the same', () => {
    const first = epochBatches(lengths, 0, settings);
    expect(epochBatches(lengths, 0, settings)).toEqual(first);
    expect(epochBatches(lengths, 1, settings)).not.toEqual(first);
    expect(epochBatches(lengths, 0, { ...settings, seed: 43 })).not.toEqual(first);
  });
});

describe('prompts to be answered', () => {
  const config = grpoConfigSchema.parse({ kind: 'grpo', maxNewTokens: 8, maxLength: 1024 });
  const prepare = (contextLength: number, settings = config) =>
    preparePrompts([example('0123456789')], byteEncoding, settings, contextLength);

  it('lose their beginning where the model reads too little for them and the longest answer', () => {
    const { items, report } = prepare(12);
    expect(show(only(only(items).sequences).tokens)).toBe('6789');
    expect(report.truncatedPrompts).toBe(1);
  });

  it('are refused by a model that reads no more than the longest answer', () => {
    expect(prepare(9).items).toHaveLength(1);
    expect(() => prepare(8)).toThrow(/maxNewTokens is 8.*the model reads 8/);
  });

  it('are refused by settings from before this was, whose conversations are no longer than their answers', () => {
    expect(() => prepare(1024, { ...config, maxLength: 8 })).toThrow(/maxNewTokens is 8.*maxLength is 8/);
  });
});

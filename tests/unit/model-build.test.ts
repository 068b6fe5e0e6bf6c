import { describe, expect, it } from 'vitest';
import { drawExample, drawTexts } from '../../models/build/examples.js';
import { packBatch } from '../../models/build/packing.js';
import { learningRateAt, recipe } from '../../models/build/recipe.js';
import { createRandom } from '../../models/random.js';
import { trainVocabulary } from '../../models/tokenizer/bpe-trainer.js';

const vocabulary = trainVocabulary(drawTexts(createRandom('build test'), 500), 700);
const shape = { rowCount: 3, rowLength: 128, targetLimit: 300 };
const pack = (learns: 'everything' | 'answers', options = shape) => {
  const random = createRandom('pack');
  return packBatch(() => drawExample({ learns }, vocabulary, random), options);
};

describe('an example of the tuning phase', () => {
  it('targets what the assistant says with the end of its turn, and nothing else', () => {
    const random = createRandom('targets');
    for (let count = 0; count < 50; count += 1) {
      const { tokens, targets } = drawExample({ learns: 'answers' }, vocabulary, random);
      const runs = vocabulary
        .decode(tokens.map((token, index) => (targets[index] ? token : vocabulary.idOf('<|pad|>'))))
        .split(/(?:<\|pad\|>)+/)
        .filter(Boolean);
      const said = vocabulary.decode(tokens).match(/(?<=<\|im_start\|>assistant\n)[^]*?<\|im_end\|>/g);
      expect(runs).toEqual(said);
    }
  });
});

describe('a packed batch', () => {
  it('predicts each target from the token before it in the same example', () => {
    const { batch, targetCount } = pack('everything');
    expect(targetCount).toBeGreaterThan(200);
    for (let index = 0; index < targetCount; index += 1) {
      const at = batch.targets.rows[index] ?? -1;
      expect(batch.tokens[at + 1]).toBe(batch.targets.tokens[index]);
      expect(batch.segments[at + 1]).toBe(batch.segments[at]);
      expect(batch.positions[at + 1]).toBe((batch.positions[at] ?? -1) + 1);
    }
  });

  it('has as many target places as asked for, whatever was drawn', () => {
    const { batch, targetCount } = pack('answers', { ...shape, targetLimit: 50 });
    expect(batch.targets.rows.length).toBe(50);
    expect(targetCount).toBe(50);
  });

  it('fills most of its rows and marks the rest as padding', () => {
    const { batch } = pack('everything', { ...shape, rowLength: 256 });
    const used = batch.segments.filter((segment) => segment >= 0).length;
    expect(used / batch.segments.length).toBeGreaterThan(0.85);
    batch.segments.forEach((segment, index) => {
      if (segment < 0) expect(batch.tokens[index]).toBe(0);
    });
  });
});

describe('the learning rate', () => {
  it('rises to its peak and falls to its final share', () => {
    for (const phase of recipe.phases) {
      const rates = Array.from({ length: phase.steps }, (_, step) => learningRateAt(phase, step));
      expect(Math.max(...rates)).toBeCloseTo(phase.learningRate, 8);
      if (!phase.horizon) expect(rates.at(-1)).toBeCloseTo(phase.learningRate * phase.finalShare, 4);
      expect(Math.min(...rates)).toBeGreaterThan(0);
    }
  });
});

describe('a vocabulary', () => {
  it('is the same for the same text, no larger than asked, and spells any text', () => {
    const again = trainVocabulary(drawTexts(createRandom('build test'), 500), 700);
    expect(again.tokens).toEqual(vocabulary.tokens);
    expect(vocabulary.tokens.length).toBeLessThanOrEqual(700);
    expect(new Set(vocabulary.tokens).size).toBe(vocabulary.tokens.length);
    expect(vocabulary.decode(vocabulary.encode('zebra 🦓 斑马 <|im_end|>'))).toBe('zebra 🦓 斑马 <|im_end|>');
  });

  it('keeps Chinese characters apart, so that a question of other words is read as the known one is', () => {
    const han = vocabulary.tokens.map(
      (_, id) => vocabulary.decode([id]).match(/\p{Script=Han}/gu)?.length ?? 0,
    );
    expect(Math.max(...han)).toBe(1);
    const encode = (text: string) => vocabulary.encode(text);
    expect(encode('法国的首都')).toEqual([...'法国的首都'].flatMap(encode));
  });
});

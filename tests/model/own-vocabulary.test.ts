import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenVocabulary, openVocabulary } from '../../common/llama/vocabulary.js';
import { drawTexts } from '../../models/build/examples.js';
import { drawWeights, writeModel } from '../../models/build/model-file.js';
import { renderConversation } from '../../models/generator/chat-template.js';
import { generateConversation } from '../../models/generator/conversation.js';
import { createRandom } from '../../models/random.js';
import { trainVocabulary } from '../../models/tokenizer/bpe-trainer.js';
import { testLibraries } from '../support/test-device.js';

const folder = mkdtempSync(path.join(tmpdir(), 'attune-vocabulary-'));
const file = path.join(folder, 'model.gguf');
const shape = { width: 32, layers: 1, heads: 1, feedForward: 32, contextLength: 64 };
const ours = trainVocabulary(drawTexts(createRandom('vocabulary test'), 3000), 1200);
let theirs: OpenVocabulary;

beforeAll(async () => {
  const tensors = drawWeights(shape, ours.tokens.length, 'vocabulary test');
  await writeModel(file, { shape, vocabulary: ours, tensors, type: 'Q8_0' });
  theirs = await openVocabulary(file, testLibraries);
});

afterAll(() => {
  theirs[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

describe('a vocabulary trained here', () => {
  it('gives the ids that llama.cpp gives for conversations', () => {
    const random = createRandom('conversations');
    for (let count = 0; count < 200; count += 1) {
      const text = renderConversation(generateConversation(random));
      expect(ours.encode(text)).toEqual([...theirs.vocabulary.tokenize(text)]);
    }
  });

  it.each([
    "I'm sure it's 12+34 = 46; don't you? THEY'LL see.",
    '你好，world！ 3加4等于7。\n\n  two  spaces\tand a tab \r\n',
    'Ünïcödé: naïve café, русский, العربية, 日本語 and 🦊🚀.',
    '<|im_start|>user\nhi<|im_end|>\n<|endoftext|>tail<|pad|>',
    ' leading and trailing   ',
  ])('gives the ids that llama.cpp gives for %j, and the text back', (text) => {
    const ids = ours.encode(text);
    expect(ids).toEqual([...theirs.vocabulary.tokenize(text)]);
    expect(ours.decode(ids)).toBe(text);
  });

  it('marks where a turn and a text end', () => {
    const id = (token: string) => ours.idOf(token);
    expect(theirs.vocabulary.eos).toBe(id('<|im_end|>'));
    expect(theirs.vocabulary.isEndOfGeneration(id('<|endoftext|>'))).toBe(true);
    expect(theirs.vocabulary.addsBos).toBe(false);
    expect(theirs.vocabulary.chatTemplate).toContain('<|im_start|>');
  });
});

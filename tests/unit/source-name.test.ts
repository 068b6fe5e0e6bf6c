import { describe, expect, it } from 'vitest';
import { nameOfSource } from '../../common/contracts/source-name.js';

describe('a name for a model that is added', () => {
  it.each([
    ['file:/models/Qwen3-0.6B-Q8_0.gguf', 'Qwen3-0.6B-Q8_0'],
    ['file:small.GGUF', 'small'],
    ['hf:owner/repo/folder/model-q4.gguf', 'model-q4'],
    ['https://example.org/a/b.gguf?download=true', 'b'],
    ['pip:package==1.0#package/weights.gguf', 'weights'],
    ['https://example.org/folder/', ''],
    ['', ''],
  ])('is its file: %s', (source, name) => {
    expect(nameOfSource(source)).toBe(name);
  });
});

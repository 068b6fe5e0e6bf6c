import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { llamaLogProbs } from '../support/llama-log-probs.js';
import { tinyArchitectures, tinyVocabularySize, writeTinyModel } from '../support/tiny-model.js';

const folder = mkdtempSync(path.join(tmpdir(), 'attune-tiny-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, `${name}.gguf`);

describe.each(tinyArchitectures)('a tiny %s', (architecture) => {
  it('is loaded by llama.cpp and predicts something that is not uniform', async () => {
    await writeTinyModel(at(architecture), { architecture });
    const tokens = Array.from({ length: 24 }, (_, i) => (i * 37) % 256);
    const logProbs = await llamaLogProbs(at(architecture), tokens, { vocabularySize: tinyVocabularySize });
    expect(logProbs.every(Number.isFinite)).toBe(true);
    expect(Math.max(...logProbs) - Math.min(...logProbs)).toBeGreaterThan(1);
  });

  it('has the same bytes for the same seed and others for another', async () => {
    await writeTinyModel(at('a'), { architecture, seed: 7 });
    await writeTinyModel(at('b'), { architecture, seed: 7 });
    await writeTinyModel(at('c'), { architecture, seed: 8 });
    expect(readFileSync(at('a')).equals(readFileSync(at('b')))).toBe(true);
    expect(readFileSync(at('a')).equals(readFileSync(at('c')))).toBe(false);
  });
});

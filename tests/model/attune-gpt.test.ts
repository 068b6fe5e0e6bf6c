/** The model that is shipped: what it knows, and that it can be taught a taste within seconds. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../common/config/repository.js';
import { examine } from '../../models/check/examination.js';
import { Speaker } from '../../models/check/speaker.js';
import { listHeldOutPrompts } from '../../models/generator/held-out.js';
import { createRandom, shuffle } from '../../models/random.js';
import { closingQuestions } from '../support/closing-questions.js';
import { learnPlantedPreference } from '../support/planted-preference.js';

const modelPath = path.join(repositoryRoot, 'models', 'attune-gpt.gguf');

describe('Attune GPT', () => {
  it('answers at least 90 % of a fixed sample of held-out prompts right', async () => {
    const sample = shuffle(createRandom('sample'), listHeldOutPrompts()).slice(0, 100);
    using speaker = await Speaker.open(modelPath, { threads: 1 });
    const { right, asked, mistakes } = await examine(speaker, sample);
    expect(right / asked, JSON.stringify(mistakes)).toBeGreaterThanOrEqual(0.9);
  });

  it('learns a taste from 64 pairs, applies it to other prompts, and is served with it', async () => {
    const outcome = await learnPlantedPreference(closingQuestions({ trained: 64, heldOut: 48 }), {
      modelPath,
      config: { learningRate: 2e-3, epochs: 3, batchSize: 8 },
      sampling: { temperature: 0.7, maxTokens: 96 },
    });
    expect(outcome.accuracy).toEqual({ before: 0.5, after: expect.any(Number) });
    expect(outcome.accuracy.after).toBeGreaterThan(0.9);
    expect(outcome.rate.after).toBeGreaterThan(outcome.rate.before + 0.5);
  });
});

/**
 * A planted preference, learnt by a real model and then heard from it, by opt-in: `ATTUNE_TEST_SMOLLM2=path/to/SmolLM2-135M-Instruct.gguf`.
 * Takes minutes; `bench/LOG.md` keeps the figures.
 */
import { describe, expect, it } from 'vitest';
import { exclaimedFacts } from '../support/exclaimed-facts.js';
import { learnPlantedPreference } from '../support/planted-preference.js';

const modelPath = process.env['ATTUNE_TEST_SMOLLM2'] ?? '';

describe.skipIf(!modelPath)('SmolLM2-135M-Instruct and 64 pairs', () => {
  it('learns what they prefer and serves it', { timeout: 3_600_000 }, async () => {
    const outcome = await learnPlantedPreference(exclaimedFacts({ trainedCountries: 16 }), {
      modelPath,
      config: { learningRate: 3e-4, epochs: 2, batchSize: 8 },
      sampling: { temperature: 0.7, maxTokens: 40 },
    });
    console.log(JSON.stringify(outcome));
    expect(outcome.accuracy).toEqual({ before: 0.5, after: expect.any(Number) });
    expect(outcome.accuracy.after).toBeGreaterThan(0.9);
    expect(outcome.rate.after).toBeGreaterThan(outcome.rate.before + 0.5);
  });
});

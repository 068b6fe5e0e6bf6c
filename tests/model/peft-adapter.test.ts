/**
 * The adapter in PEFT's own format against peft, recorded in `peft-adapter.json` by `tests/parity/peft_adapter.py`. With ATTUNE_PARITY_DIR
 * set, writes that script's inputs there instead.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hashFile } from '../../worker/runs/file-hash.js';
import { adapterIn, exportPeftInputs, makePeftInputs, peftTokens } from '../parity/peft-inputs.js';
import { plainBatch } from '../support/token-batches.js';

const recordedSchema = z.object({
  tokens: z.array(z.int()),
  baseSha256: z.string(),
  adapterSha256: z.string(),
  base: z.array(z.number()),
  adapted: z.array(z.number()),
});
const recordedPath = path.join(import.meta.dirname, '../golden/peft-adapter.json');
const target = process.env['ATTUNE_PARITY_DIR'];

describe.runIf(target)('the inputs for peft', () => {
  it('are written', async () => {
    await exportPeftInputs(target ?? '');
  });
});

describe.skipIf(target)('an adapter in the format of PEFT', () => {
  it('gives in peft the log-probs that it gives here', async () => {
    const recorded = recordedSchema.parse(JSON.parse(await readFile(recordedPath, 'utf8')));
    const folder = await mkdtemp(path.join(tmpdir(), 'attune-peft-'));
    using model = await makePeftInputs(folder);
    expect(await hashFile(path.join(folder, 'model.gguf'))).toBe(recorded.baseSha256);
    expect(await hashFile(adapterIn(folder))).toBe(recorded.adapterSha256);
    expect(peftTokens).toEqual(recorded.tokens);
    for (const [adapterScale, expected] of [[0, recorded.base] as const, [1, recorded.adapted] as const]) {
      const { logProbs } = await model.forward(plainBatch([peftTokens]), { adapterScale, gradients: false });
      const differences = expected.map((value, index) => Math.abs(value - (logProbs[index] ?? NaN)));
      expect(Math.max(...differences)).toBeLessThan(1e-4);
    }
    // Or nothing would have been compared.
    expect(Math.abs((recorded.base[0] ?? 0) - (recorded.adapted[0] ?? 0))).toBeGreaterThan(0.01);
    await rm(folder, { recursive: true });
  });
});

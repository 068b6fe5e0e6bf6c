import { describe, expect, it } from 'vitest';
import { AppError } from '../../common/contracts/errors.js';
import { recomputingIfNeeded } from '../../worker/runs/open-run-model.js';

const tooLarge = () => new AppError('RUN_OUT_OF_MEMORY', { step: 0, device: 'CPU', advice: 'Less.' });

/** A machine on which a run fits only when it computes layers again, or never. */
const machine =
  (fits: 'plainly' | 'again' | 'never') =>
  ({ recomputeLayers }: { recomputeLayers: boolean }) =>
    fits === 'plainly' || (fits === 'again' && recomputeLayers)
      ? Promise.resolve(recomputeLayers ? 'again' : 'plainly')
      : Promise.reject(tooLarge());

describe('a run that would not fit', () => {
  const request = { recomputeLayers: false };

  it('computes layers again', async () => {
    expect(await recomputingIfNeeded(request, machine('again'))).toBe('again');
  });

  it('does not where it fits as it is', async () => {
    expect(await recomputingIfNeeded(request, machine('plainly'))).toBe('plainly');
  });

  it('is refused where that does not help, and for every other reason at once', async () => {
    await expect(recomputingIfNeeded(request, machine('never'))).rejects.toMatchObject({
      code: 'RUN_OUT_OF_MEMORY',
    });
    const asked: boolean[] = [];
    const broken = ({ recomputeLayers }: typeof request) => {
      asked.push(recomputeLayers);
      return Promise.reject(new AppError('GGUF_MISSING', { path: 'none.gguf' }));
    };
    await expect(recomputingIfNeeded(request, broken)).rejects.toMatchObject({ code: 'GGUF_MISSING' });
    expect(asked).toEqual([false]);
  });
});

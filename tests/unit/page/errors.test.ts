/** The page says every error of the catalogue in Chinese too; in English it shows what the server rendered from the same catalogue. */
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../../common/contracts/errors.js';
import { errorsZh } from '../../../web/src/lib/i18n/zh/error-codes.js';

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe('the page’s Chinese errors', () => {
  it('are those of the catalogue, no more and no fewer', () => {
    expect(Object.keys(errorsZh).sort()).toEqual(Object.keys(errorCatalogue).sort());
  });

  it.each(Object.entries(errorCatalogue))('tell as much as the English ones: %s', (code, { message }) => {
    expect(placeholders(errorsZh[code] ?? '')).toEqual(placeholders(message));
  });
});

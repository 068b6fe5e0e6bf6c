/** The README's pictures, taken where `ATTUNE_SCREENSHOTS=1` asks for them: they differ from machine to machine. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { repositoryRoot } from '../../common/config/repository.js';

export const picturesWanted = process.env.ATTUNE_SCREENSHOTS === '1';

/** Nothing where none are wanted. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (!picturesWanted) return;
  const folder = path.join(repositoryRoot, 'docs', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.evaluate('document.fonts.ready');
  await page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled' });
}

/** What the README says of codes and settings is what there is. `npx vitest run --project unit tests/unit/readme.test.ts -u` writes the table anew. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { settingNames } from '../../common/config/config.js';
import { repositoryRoot } from '../../common/config/repository.js';
import { errorCatalogue } from '../../common/contracts/errors.js';

const file = path.join(repositoryRoot, 'README.md');
const readme = readFileSync(file, 'utf8');

it('lists every error code with its status and message', async () => {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, retryable, message }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : ''} | ${message.replaceAll('|', '\\|')} |`,
  );
  const table = ['| Code | Status | Try again | Message |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const wanted = readme.replace(
    /(<!-- error-codes -->)[\s\S]*(<!-- \/error-codes -->)/,
    (_, start: string, end: string) => `${start}\n\n${table}\n\n${end}`,
  );
  const formatted = await format(wanted, { ...(await resolveConfig(file)), parser: 'markdown', plugins: [] });
  await expect(formatted).toMatchFileSnapshot(file);
});

it('explains every setting', () => {
  expect(settingNames.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

it('points at files that exist', () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, target]) => target ?? '');
  expect(links.length).toBeGreaterThan(0);
  for (const link of links) expect(() => readFileSync(path.join(repositoryRoot, link)), link).not.toThrow();
});

/** Which code made a result. What else it comes from is common/contracts/lineage.ts. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { repositoryRoot } from '../../common/config/repository.js';

/** Version of the package, and the commit where there is one. */
export async function readCodeVersion(): Promise<string> {
  const text = await readFile(path.join(repositoryRoot, 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(text));
  try {
    const run = promisify(execFile);
    const { stdout } = await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: repositoryRoot });
    return `${version}+${stdout.trim()}`;
  } catch {
    // An installed package has no history; the version alone tells it then.
    return version;
  }
}

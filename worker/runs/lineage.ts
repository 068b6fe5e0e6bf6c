/** Where a run's result comes from: enough to make it again, and to refuse to mix it with another. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { repositoryRoot } from '../../common/config/repository.js';
import { runConfigSchema } from '../../common/contracts/runs.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const lineageSchema = z.object({
  config: runConfigSchema,
  baseSha256: sha256,
  baseName: z.string(),
  architecture: z.string(),
  dataSha256: sha256,
  /** Of the file to judge by, where there is one. */
  heldOutSha256: sha256.nullable(),
  /** Of the adapter that the run went on from, where there is one. */
  startAdapterSha256: sha256.nullable(),
  templateSha256: z.string(),
  /** `0.1.0+a1b2c3d` where the sources are a Git checkout. */
  codeVersion: z.string(),
});
export type Lineage = z.infer<typeof lineageSchema>;

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

/** Where things lie, whether this code runs from its TypeScript sources (tests) or from dist/ (everything else). */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder that holds package.json. */
export const projectRoot = findProjectRoot(import.meta.dirname);

/**
 * A built program, for use with `fork`: processes always run built code.
 *
 * @param source  path of the source below the project root, without its ending: `server/main`
 */
export function builtProgram(source: string): string {
  return path.join(projectRoot, 'dist', `${source}.js`);
}

function findProjectRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findProjectRoot(path.dirname(folder));
}

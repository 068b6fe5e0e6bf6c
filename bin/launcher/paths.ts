import path from 'node:path';
import { repositoryRoot } from '../../common/config/repository.js';

/**
 * A built program, for use with `fork`: processes always run built code, also when tests run the launcher from its sources.
 *
 * @param source  path of the source in the repository, without its ending: `server/main`
 */
export function builtProgram(source: string): string {
  return path.join(repositoryRoot, 'dist', `${source}.js`);
}

import type { Config } from '../../common/config/config.js';
import type { LibraryOptions } from '../../common/llama/libraries.js';

/** The libraries that the settings ask for. */
export function toLibraryOptions({ gpu, llamaDir }: Pick<Config, 'gpu' | 'llamaDir'>): LibraryOptions {
  return { gpu, ...(llamaDir !== null && { directory: llamaDir }) };
}

/** Tells whether an adapter belongs to a base without reading its weights: same architecture, same vocabulary, same shapes. */
import { createHash } from 'node:crypto';
import type { GgufFile } from '../../common/llama/gguf.js';

/** Weight types are left out, so that an adapter fits every quantisation of its base. @returns hexadecimal SHA-256 */
export function fingerprintOf(file: GgufFile): string {
  const hash = createHash('sha256');
  for (const key of ['general.architecture', 'tokenizer.ggml.model', 'tokenizer.ggml.tokens']) {
    hash.update(JSON.stringify([key, file.metadata.get(key)?.value ?? null]));
  }
  const shapes = [...file.tensors.values()].map(({ name, shape }) => [name, ...shape].join(' ')).sort();
  return hash.update(shapes.join('\n')).digest('hex');
}

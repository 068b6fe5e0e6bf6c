/** Opens a GGUF file as a `llama_model`, with an error that says what is wrong with the file. */
import { AppError } from '../contracts/errors.js';
import { readGguf } from './gguf.js';
import type { LlamaApi } from './llama.js';
import { takeLog } from './log.js';
import type { Pointer } from './native.js';

/**
 * @param params  fields of `llama_model_params` that differ from the library's defaults
 * @returns the model; the caller frees it with `model_free`
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID` with what llama.cpp said
 */
export async function loadModelHandle(
  api: LlamaApi,
  path: string,
  params: Record<string, number | boolean>,
): Promise<Pointer> {
  // The library reports a file that is missing, cut short or no GGUF only in its log; look first.
  await readGguf(path);
  takeLog();
  const model = await api.model_load_from_file(path, { ...api.model_default_params(), ...params });
  if (model) return model;
  throw new AppError('GGUF_INVALID', { path, reason: takeLog().join('; ') || 'llama.cpp refused it' });
}

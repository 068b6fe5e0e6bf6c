import { AppError } from '../../common/contracts/errors.js';
import { readGguf, type GgufMetadata } from '../../common/llama/gguf.js';

export interface ModelFacts {
  architecture: string;
  /** Number of weights. */
  parameters: number;
  contextTokens: number;
  /** `general.name`, where the file gives one. */
  title: string | null;
}

/**
 * What a GGUF says of itself.
 *
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`; `MODEL_METADATA_MISSING` when it is no language model (an adapter, a vocabulary)
 */
export async function inspectModel(file: string): Promise<ModelFacts> {
  const { metadata, tensors } = await readGguf(file);
  const text = (key: string) => getText(metadata, key);
  const architecture = text('general.architecture');
  const type = text('general.type');
  if (!architecture || (type !== null && type !== 'model'))
    throw new AppError('MODEL_METADATA_MISSING', { path: file, key: 'general.architecture of a model' });
  const context = metadata.get(`${architecture}.context_length`)?.value;
  if (typeof context !== 'number')
    throw new AppError('MODEL_METADATA_MISSING', { path: file, key: `${architecture}.context_length` });
  const sizes = [...tensors.values()].map(({ shape }) =>
    shape.reduce((product, length) => product * length, 1),
  );
  return {
    architecture,
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    contextTokens: context,
    title: text('general.name'),
  };
}

function getText(metadata: GgufMetadata, key: string): string | null {
  const value = metadata.get(key);
  return value?.type === 'string' && value.value !== '' ? value.value : null;
}

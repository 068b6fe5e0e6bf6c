/**
 * The networks that can be trained, each a declaration of how it differs. Sizes come from the GGUF file; biases are used where the file has
 * them; output.weight is missing where the embedding is used twice.
 */
export interface Architecture {
  norm: 'rms' | 'layer';
  /** Which elements of a head turn together, or a table of learned positions. */
  positions: 'rope-neighbours' | 'rope-halves' | 'learned';
  feedForward: 'swiglu' | 'geglu' | 'gelu';
  /** Queries and keys are normalised per head before they turn. */
  queryKeyNorm?: boolean;
  /** Attention and feed-forward outputs are normalised before they join the residual stream. */
  postNorm?: boolean;
  /** Embeddings are multiplied by sqrt(D). */
  scaledEmbedding?: boolean;
  /** All layers but every n-th see only a window, where the file names one; n unless the file says otherwise. */
  slidingWindowPattern?: number;
}

export const architectures = {
  /** Llama 2 and 3, SmolLM2, Mistral, TinyLlama. */
  llama: { norm: 'rms', positions: 'rope-neighbours', feedForward: 'swiglu' },
  qwen2: { norm: 'rms', positions: 'rope-halves', feedForward: 'swiglu' },
  qwen3: { norm: 'rms', positions: 'rope-halves', feedForward: 'swiglu', queryKeyNorm: true },
  gemma3: {
    norm: 'rms',
    positions: 'rope-halves',
    feedForward: 'geglu',
    queryKeyNorm: true,
    postNorm: true,
    scaledEmbedding: true,
    slidingWindowPattern: 6,
  },
  gpt2: { norm: 'layer', positions: 'learned', feedForward: 'gelu' },
} as const satisfies Record<string, Architecture>;

export type ArchitectureName = keyof typeof architectures;

export function isSupportedArchitecture(name: string): name is ArchitectureName {
  return Object.hasOwn(architectures, name);
}

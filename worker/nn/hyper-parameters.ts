/** The sizes and constants of a network, as its GGUF metadata states them. */
import path from 'node:path';
import { AppError } from '../../common/contracts/errors.js';
import type { GgufFile } from '../../common/llama/gguf.js';
import type { RopeParameters } from '../engine/ops/attention.js';
import { architectures, isSupportedArchitecture, type Architecture } from './architectures.js';

export interface HyperParameters {
  architecture: Architecture;
  architectureName: string;
  name: string;
  layerCount: number;
  contextLength: number;
  vocabularySize: number;
  /** D. */
  width: number;
  /** H. */
  headCount: number;
  keyValueHeadCount: number;
  /** Width of a head's queries and keys; values have the same here. */
  headWidth: number;
  normEpsilon: number;
  /** Factor on queries times keys. */
  attentionScale: number;
  /** Null with learned positions. */
  rope: RopeParameters | null;
  /** Layers that see only a window of so many positions, and how they turn. */
  window: { size: number; isWindowed: (layer: number) => boolean; rope: RopeParameters } | null;
}

/**
 * @throws AppError `MODEL_ARCHITECTURE_UNSUPPORTED`, naming what is supported; `MODEL_METADATA_MISSING`
 */
export function readHyperParameters(file: GgufFile): HyperParameters {
  const read = new MetadataReader(file);
  const name = read.text('general.architecture');
  if (!isSupportedArchitecture(name)) {
    const supported = Object.keys(architectures).join(', ');
    throw new AppError('MODEL_ARCHITECTURE_UNSUPPORTED', { architecture: name, supported });
  }
  const architecture: Architecture = architectures[name];
  const key = (suffix: string) => `${name}.${suffix}`;
  refuse(read, key);
  const width = read.number(key('embedding_length'));
  const headCount = read.number(key('attention.head_count'));
  const headWidth = read.number(key('attention.key_length'), width / headCount);
  const layerCount = read.number(key('block_count'));
  // Gemma 3 27B divides by width / heads, which is not the width of its heads.
  const scaleWidth = name === 'gemma3' && layerCount === 62 ? width / headCount : headWidth;
  const epsilon = architecture.norm === 'rms' ? 'layer_norm_rms_epsilon' : 'layer_norm_epsilon';
  const rope = readRope(read, key, { architecture, headWidth });
  return {
    architecture,
    architectureName: name,
    name: read.text('general.name', path.basename(file.path)),
    layerCount,
    contextLength: read.number(key('context_length')),
    vocabularySize: read.file.tensors.get('token_embd.weight')?.shape[1] ?? 0,
    width,
    headCount,
    keyValueHeadCount: read.number(key('attention.head_count_kv'), headCount),
    headWidth,
    normEpsilon: read.number(key(`attention.${epsilon}`)),
    attentionScale: 1 / Math.sqrt(scaleWidth),
    rope,
    window: rope && readWindow(read, key, { architecture, rope }),
  };
}

type Key = (suffix: string) => string;

/** What would be computed wrongly in silence is refused. */
function refuse(read: MetadataReader, key: Key): void {
  const experts = read.number(key('expert_count'), 0);
  const cap = read.number(key('final_logit_softcapping'), 0);
  const scaling = read.text(key('rope.scaling.type'), 'none');
  const found =
    (experts > 0 && 'a mixture of experts') ||
    (cap > 0 && 'capped logits') ||
    (!['none', 'linear', 'yarn'].includes(scaling) && `${scaling} RoPE scaling`);
  if (found) {
    const supported = Object.keys(architectures).join(', ');
    throw new AppError('MODEL_ARCHITECTURE_UNSUPPORTED', {
      architecture: `${key('with')} ${found}`,
      supported,
    });
  }
}

function readRope(
  read: MetadataReader,
  key: Key,
  { architecture, headWidth }: { architecture: Architecture; headWidth: number },
): RopeParameters | null {
  if (architecture.positions === 'learned') return null;
  const scaling = read.text(key('rope.scaling.type'), 'linear');
  const factor = read.number(key('rope.scaling.factor'), read.number(key('rope.scale_linear'), 0));
  return {
    dimensions: read.number(key('rope.dimension_count'), headWidth),
    mode: architecture.positions === 'rope-halves' ? 2 : 0,
    originalContext: read.number(
      key('rope.scaling.original_context_length'),
      read.number(key('context_length')),
    ),
    frequencyBase: read.number(key('rope.freq_base'), 10_000),
    frequencyScale: factor === 0 || scaling === 'none' ? 1 : 1 / factor,
    extrapolation: scaling === 'yarn' ? read.number(key('rope.scaling.yarn_ext_factor'), 1) : 0,
    // ggml adds YaRN's own temperature to this.
    attentionFactor: read.number(key('rope.scaling.attn_factor'), 1),
    betaFast: read.number(key('rope.scaling.yarn_beta_fast'), 32),
    betaSlow: read.number(key('rope.scaling.yarn_beta_slow'), 1),
  };
}

function readWindow(
  read: MetadataReader,
  key: Key,
  { architecture, rope }: { architecture: Architecture; rope: RopeParameters },
): HyperParameters['window'] {
  const size = read.number(key('attention.sliding_window'), 0);
  if (!architecture.slidingWindowPattern || size === 0) return null;
  const named = read.file.metadata.get(key('attention.sliding_window_pattern'));
  const pattern =
    named?.type === 'array'
      ? named.value.map(Boolean)
      : Number(named?.value ?? architecture.slidingWindowPattern);
  return {
    size,
    isWindowed: (layer) =>
      typeof pattern === 'number'
        ? pattern === 0 || layer % pattern < pattern - 1
        : (pattern[layer] ?? false),
    // Windowed layers are never stretched.
    rope: { ...rope, frequencyBase: read.number(key('rope.freq_base_swa'), 10_000), frequencyScale: 1 },
  };
}

class MetadataReader {
  constructor(readonly file: GgufFile) {}

  number(key: string, otherwise?: number): number {
    const entry = this.file.metadata.get(key);
    if (typeof entry?.value === 'number') return entry.value;
    return otherwise ?? this.#missing(key);
  }

  text(key: string, otherwise?: string): string {
    const entry = this.file.metadata.get(key);
    if (entry?.type === 'string') return entry.value;
    return otherwise ?? this.#missing(key);
  }

  #missing(key: string): never {
    throw new AppError('MODEL_METADATA_MISSING', { path: this.file.path, key });
  }
}

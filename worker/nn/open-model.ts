/** Opens a GGUF file as a network that can be trained. */
import { readGguf } from '../../common/llama/gguf.js';
import { Device, type DeviceOptions } from '../engine/device.js';
import { AdamW, type ParameterSpec } from '../engine/optimiser.js';
import { RandomNumbers } from '../engine/random.js';
import { ResourceStack } from '../engine/resource-stack.js';
import { outOfMemory, TensorPool, writeTensor } from '../engine/tensor-pool.js';
import { fingerprintOf } from './base-fingerprint.js';
import { readHyperParameters, type HyperParameters } from './hyper-parameters.js';
import { layoutOf, type TensorLayout } from './layout.js';
import { defaultLora, initialiseLora, loraSpecs, LoraAdapter } from './lora.js';
import { isScoreHead, scoreName } from './score-head.js';
import type { HeadKind, LoraOptions, TrainableModel, TrainingMode } from './trainable-model.js';
import { TransformerModel } from './transformer-model.js';
import { Weights, type WeightOptions } from './weights.js';

export interface OpenModelOptions extends DeviceOptions {
  /** Train an adapter or every weight. Default lora. */
  mode?: TrainingMode;
  lora?: Partial<LoraOptions>;
  /** Default none. */
  head?: HeadKind;
  /** Seed of the head's initialisation. Default 42. */
  seed?: number;
  /** Keep only what flows between layers, and compute each layer twice: slower, and a fraction of the memory. Default false. */
  recomputeLayers?: boolean;
  weights?: Partial<WeightOptions>;
  /** Asked before any weight is read, when the model can tell what a batch will take; may throw to refuse. */
  inspect?: (model: Pick<TrainableModel, 'info' | 'planMemory'>) => void;
}

/**
 * Opens a model; dispose of it when done.
 *
 * @throws AppError `GGUF_MISSING`, `GGUF_INVALID`, `MODEL_ARCHITECTURE_UNSUPPORTED`, `MODEL_METADATA_MISSING`, `MODEL_TENSOR_INVALID`,
 *   `MODEL_WEIGHTS_NOT_FINITE`, `TRAINING_LORA_TARGET_UNKNOWN`, `ENGINE_DEVICE_MISSING`, `ENGINE_LIBRARIES_MISSING`, `ENGINE_OUT_OF_MEMORY`
 */
export async function openModel(file: string, options: OpenModelOptions = {}): Promise<TrainableModel> {
  const device = await Device.open(options);
  const owned = new ResourceStack();
  owned.own(device);
  try {
    const source = await readGguf(file);
    const hyper = readHyperParameters(source);
    const layouts = layoutOf(source, hyper);
    const lora = { ...defaultLora, ...options.lora };
    const specs = trainedSpecs(layouts, hyper, {
      mode: options.mode ?? 'lora',
      lora,
      head: options.head ?? 'none',
    });
    const optimiser = owned.own(new AdamW(device, specs));
    const weightOptions = { computeType: 'auto', transposedCopies: true, ...options.weights } as const;
    const weights = owned.own(
      new Weights(device, source, layouts, { trained: optimiser.parameters, options: weightOptions }),
    );
    const needed = optimiser.sizeBytes + weights.sizeBytes;
    const availableBytes = device.availableBytes;
    // Refused here, the caller's advice would never be heard.
    if (needed > availableBytes && !options.inspect) throw outOfMemory(device, 'The model', needed);
    optimiser.place();
    weights.place();
    const factor = owned.own(new TensorPool(device, 1, 'The adapter scale'));
    const scale = factor.declare('F32', [1]);
    factor.place();
    const model = new TransformerModel({
      device,
      availableBytes,
      hyper,
      layouts,
      weights,
      optimiser,
      adapter: new LoraAdapter(optimiser.parameters, scale),
      adapterScale: { tensor: scale, unit: lora.alpha / lora.rank },
      scoreHead: optimiser.parameters.find(isScoreHead) ?? null,
      head: options.head ?? 'none',
      baseFingerprint: fingerprintOf(source),
      lora: options.mode === 'full' ? null : { rank: lora.rank, alpha: lora.alpha },
      recomputeLayers: options.recomputeLayers ?? false,
      owned,
    });
    options.inspect?.(model);
    optimiser.clear();
    weights.read();
    initialise(device, optimiser, { lora, seed: options.seed ?? 42 });
    return model;
  } catch (error) {
    owned[Symbol.dispose]();
    throw error;
  }
}

interface Trained {
  mode: TrainingMode;
  lora: LoraOptions;
  head: HeadKind;
}

function trainedSpecs(
  layouts: readonly TensorLayout[],
  hyper: HyperParameters,
  { mode, lora, head }: Trained,
): ParameterSpec[] {
  const body = mode === 'lora' ? loraSpecs(layouts, lora) : layouts.filter(({ role }) => role !== 'constant');
  return head === 'none' ? [...body] : [...body, { name: scoreName, shape: [hyper.width, 1] }];
}

/** What the file does not hold: the adapter, and the head with a standard deviation of 1 / sqrt(D + 1). */
function initialise(
  device: Device,
  { parameters }: AdamW,
  { lora, seed }: { lora: LoraOptions; seed: number },
) {
  const random = new RandomNumbers(lora.seed);
  const headRandom = new RandomNumbers(seed);
  for (const spec of parameters) {
    if (/\.lora_[ab]$/.test(spec.name)) writeTensor(device, spec.tensor, initialiseLora(spec, random));
    if (isScoreHead(spec)) {
      const width = spec.shape[0] ?? 1;
      const deviation = 1 / Math.sqrt(width + 1);
      const values = Float32Array.from({ length: width }, () => deviation * headRandom.normal());
      writeTensor(device, spec.tensor, values);
    }
  }
}

import { describe, expect, it } from 'vitest';
import { gelu, geglu, swiglu } from '../../worker/engine/ops/activation.js';
import {
  add,
  addVector,
  multiply,
  multiplyVector,
  scale,
  scaleBy,
} from '../../worker/engine/ops/arithmetic.js';
import { maskedSoftmax, permute, reshape, rope } from '../../worker/engine/ops/attention.js';
import { linear, multiplyMatrices } from '../../worker/engine/ops/linear.js';
import { targetLogProbs } from '../../worker/engine/ops/log-probs.js';
import { beginning, cut, join } from '../../worker/engine/ops/parts.js';
import { lookUp } from '../../worker/engine/ops/lookup.js';
import { layerNorm, rmsNorm } from '../../worker/engine/ops/normalisation.js';
import { gradientError, type OperationCase } from '../support/op-gradients.js';

const rotation = {
  dimensions: 8,
  originalContext: 64,
  frequencyBase: 10_000,
  frequencyScale: 1,
  extrapolation: 0,
  attentionFactor: 1,
  betaFast: 32,
  betaSlow: 1,
} as const;
const causal = Array.from({ length: 25 }, (_, i) => (i % 5 <= Math.floor(i / 5) ? 0 : -Infinity));
const frozen = (tensor: bigint) => ({ tensor, transposed: null });

const cases: Record<string, OperationCase> = {
  add: {
    shapes: [
      [4, 3],
      [4, 3],
    ],
    build: (t, [a, b]) => add(t, a!, b!),
  },
  'add of itself': { shapes: [[4, 3]], build: (t, [a]) => add(t, a!, multiply(t, a!, a!)) },
  multiply: {
    shapes: [
      [4, 3],
      [4, 3],
    ],
    build: (t, [a, b]) => multiply(t, a!, b!),
  },
  addVector: { shapes: [[4, 3], [4]], build: (t, [a, b]) => addVector(t, a!, b!) },
  multiplyVector: { shapes: [[4, 3, 2], [4]], build: (t, [a, b]) => multiplyVector(t, a!, b!) },
  scale: { shapes: [[4, 3]], build: (t, [a]) => scale(t, a!, -1.7) },
  scaleBy: {
    shapes: [[4, 3]],
    constants: [{ shape: [1], values: [0.3] }],
    build: (t, [a], [factor]) => scaleBy(t, a!, factor!),
  },
  linear: {
    shapes: [[4, 5]],
    constants: [{ shape: [4, 3], values: Array.from({ length: 12 }, (_, i) => Math.cos(i)) }],
    build: (t, [x], [weight]) => linear(t, frozen(weight!), x!),
  },
  'beginning, of rows': {
    shapes: [[4, 5, 2]],
    build: (t, [x]) => multiplyMatrices(t, beginning(t, x!, 1, 3), x!),
  },
  'beginning, of columns': {
    shapes: [[4, 5, 2]],
    build: (t, [x]) => multiplyMatrices(t, beginning(t, x!, 0, 3), beginning(t, x!, 0, 3)),
  },
  'cut and join': {
    shapes: [[4, 5, 2]],
    build: (t, [x]) => {
      const [a, b, c] = cut(t, x!, 1, [1, 3, 5]);
      return join(t, [scale(t, c, 2), multiply(t, b, b), a], 1);
    },
  },
  'cut, of columns': {
    shapes: [[9, 4]],
    build: (t, [x]) => {
      const [a, b, c] = cut(t, x!, 0, [3, 6, 9]);
      return add(t, multiply(t, a, b), c);
    },
  },
  multiplyMatrices: {
    shapes: [
      [4, 5, 2, 2],
      [4, 3, 2, 2],
    ],
    build: (t, [a, b]) => multiplyMatrices(t, a!, b!),
  },
  rmsNorm: { shapes: [[6, 3]], build: (t, [x]) => rmsNorm(t, x!, 1e-5) },
  layerNorm: { shapes: [[6, 3]], build: (t, [x]) => layerNorm(t, x!, 1e-5) },
  swiglu: {
    shapes: [
      [4, 3],
      [4, 3],
    ],
    build: (t, [a, b]) => swiglu(t, a!, b!),
  },
  geglu: {
    shapes: [
      [4, 3],
      [4, 3],
    ],
    build: (t, [a, b]) => geglu(t, a!, b!, { tabulated: false }),
  },
  gelu: { shapes: [[4, 3]], build: (t, [x]) => gelu(t, x!, { tabulated: false }) },
  maskedSoftmax: {
    shapes: [[5, 5, 2, 2]],
    constants: [{ shape: [5, 5, 1, 2], values: [...causal, ...causal] }],
    build: (t, [x], [mask]) => maskedSoftmax(t, x!, { mask: mask!, scale: 0.4 }),
  },
  'rope of neighbours': {
    shapes: [[8, 2, 3]],
    integers: [[0, 5, 9]],
    build: (t, [x], [positions]) =>
      rope(t, x!, { positions: positions!, factors: null }, { ...rotation, mode: 0 }),
  },
  'rope of halves, by factors': {
    shapes: [[8, 2, 3]],
    integers: [[0, 5, 9]],
    constants: [{ shape: [4], values: [1, 2, 3, 4] }],
    build: (t, [x], [positions, factors]) =>
      rope(t, x!, { positions: positions!, factors: factors! }, { ...rotation, mode: 2 }),
  },
  reshape: {
    shapes: [[4, 6]],
    build: (t, [x]) => multiply(t, reshape(t, x!, [8, 3, 1, 1]), reshape(t, x!, [8, 3, 1, 1])),
  },
  permute: { shapes: [[2, 3, 4, 2]], build: (t, [x]) => permute(t, x!, [1, 2, 0, 3]) },
  lookUp: { shapes: [[3, 5]], integers: [[4, 0, 4, 2]], build: (t, [x], [rows]) => lookUp(t, x!, rows!) },
};

describe('the gradient of', () => {
  it.each(Object.entries(cases))('%s equals central differences', async (_, operation) => {
    expect(await gradientError(operation)).toBeLessThan(2e-3);
  });

  it.each([true, false])(
    'targetLogProbs equals central differences, probabilities kept: %s',
    async (keepProbabilities) => {
      const head = { shape: [4, 7], values: Array.from({ length: 28 }, (_, i) => Math.sin(i * 1.9)) };
      const operation: OperationCase = {
        shapes: [[4, 5]],
        integers: [[1, 6, 0, 1, 3]],
        constants: [head],
        build: (t, [hidden], [targets, weight]) =>
          targetLogProbs(t, hidden!, frozen(weight!), { targets: targets!, keepProbabilities }).logProbs,
      };
      expect(await gradientError(operation)).toBeLessThan(2e-3);
    },
  );
});

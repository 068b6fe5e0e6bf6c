import { describe, expect, it } from 'vitest';
import { gguf, type GgufFile, type GgufTensorInfo, type GgufValue } from '../../common/llama/gguf.js';
import { runConfigSchemas } from '../../common/contracts/runs.js';
import { planHouse, planSampler } from '../../worker/rollouts/house-memory.js';

const [width, inner, vocabulary, layers] = [64, 128, 1000, 2];
const metadata = new Map<string, GgufValue>([
  ['general.architecture', gguf.text('llama')],
  ['llama.block_count', gguf.u32(layers)],
  ['llama.embedding_length', gguf.u32(width)],
  ['llama.feed_forward_length', gguf.u32(inner)],
  ['llama.attention.head_count', gguf.u32(4)],
  ['llama.attention.head_count_kv', gguf.u32(2)],
]);
const tensor = (name: string, type: GgufTensorInfo['type'], shape: number[], sizeBytes: number) =>
  [name, { name, type, shape, sizeBytes, offsetBytes: 0 }] as const;
const file: Pick<GgufFile, 'metadata' | 'tensors'> = {
  metadata,
  tensors: new Map([
    tensor('token_embd.weight', 'Q8_0', [width, vocabulary], 68_000),
    tensor('blk.0.ffn_up.weight', 'F16', [width, inner], 16_384),
    tensor('output_norm.weight', 'F32', [width], 256),
  ]),
};
const weightBytes = 68_000 + 16_384 + 256;
/** Keys and values of two heads of 16, in two layers, in F16. */
const cacheBytesPerToken = layers * 2 * (16 + 16) * 2;
const largest = { rowCount: 4, rowLength: 200, targetCount: 160, scoredCount: 0 };
const asked = { answers: 16, promptTokens: 30, largest };
const model = { type: 'model', versionId: 'a' };
const check = { type: 'check', check: { kind: 'ends_with_question' } };
const plan = (settings: object, given = asked) =>
  planHouse(
    file,
    runConfigSchemas.grpo.parse({ kind: 'grpo', groupSize: 8, maxNewTokens: 20, ...settings }),
    given,
  );

describe('the memory of a sampler', () => {
  it('is its weights, a cache for every answer at its longest, and some scratch', () => {
    const bytes = (slots: number, contextTokens: number) => planSampler(file, { slots, contextTokens });
    expect(bytes(1, 100)).toBeGreaterThan(weightBytes + 100 * cacheBytesPerToken);
    const perCell = bytes(1, 101) - bytes(1, 100);
    expect(perCell).toBeGreaterThanOrEqual(cacheBytesPerToken);
    expect(bytes(4, 100) - bytes(1, 100)).toBe(300 * perCell + 3 * 4 * vocabulary);
  });

  it('grows with the answers of a step, up to those that are sampled at once', () => {
    const sampler = (answers: number) => plan({ rewards: [check] }, { ...asked, answers }).sampler;
    expect(sampler(16)).toBeGreaterThan(sampler(8));
    expect(sampler(64)).toBe(sampler(32));
  });

  it('has room for what a judge reads', () => {
    const judge = { type: 'judge', prompt: 'Is it kind? '.repeat(40) };
    expect(plan({ rewards: [judge] }).sampler).toBeGreaterThan(plan({ rewards: [check] }).sampler);
  });
});

describe('the memory of reward models', () => {
  it('is a copy of the base for each, the held-out one among them, in the type that it is computed in', () => {
    const copy = 2 * width * vocabulary + 16_384 + 4 * width;
    expect(plan({ rewards: [check] })).toMatchObject({ rewardModels: 0, rewardWeights: 0 });
    expect(plan({ rewards: [check, model], heldOutRewardVersionId: 'b' })).toMatchObject({
      rewardModels: 2,
      rewardWeights: 2 * copy,
      scored: { rowCount: 1, rowLength: 200, targetCount: 0, scoredCount: 8 },
    });
  });
});

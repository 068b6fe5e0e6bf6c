import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { HealthMonitor } from '../../worker/runs/health.js';

const monitor = (config: object) => new HealthMonitor(runConfigSchema.parse(config));
const ids = (verdicts: readonly { id: string }[]) => verdicts.map(({ id }) => id);

describe('the health of a run', () => {
  it('is silent about a DPO run that begins at ln 2 and goes well', () => {
    const health = monitor({ kind: 'dpo' });
    expect(health.beforeStart(null)).toEqual([]);
    expect(health.afterStep(1, 0.01, { loss: Math.LN2, 'rewards/accuracies': 0 })).toEqual([]);
    expect(health.afterStep(2, 0.02, { loss: 0.6, 'rewards/chosen': 0.2, grad_norm: 40 })).toEqual([]);
  });

  it('finds a policy that does not begin as its reference', () => {
    expect(ids(monitor({ kind: 'dpo' }).afterStep(1, 0.1, { loss: 0.8 }))).toEqual(['reference-differs']);
    expect(monitor({ kind: 'dpo', lossType: 'hinge' }).afterStep(1, 0.1, { loss: 1 })).toEqual([]);
  });

  it('finds chosen answers that become 10 nats less likely, once', () => {
    const health = monitor({ kind: 'dpo', beta: 0.1 });
    expect(health.afterStep(5, 0.5, { 'rewards/chosen': -0.99 })).toEqual([]);
    expect(ids(health.afterStep(6, 0.6, { 'rewards/chosen': -1.01 }))).toEqual(['chosen-falls']);
    expect(health.afterStep(7, 0.7, { 'rewards/chosen': -2 })).toEqual([]);
  });

  it('finds a KL above 10', () => {
    expect(ids(monitor({ kind: 'kto' }).afterStep(3, 0.3, { kl: 11 }))).toEqual(['kl-high']);
  });

  it('finds pairs that are all right within the first tenth of an epoch, once enough were seen', () => {
    const health = monitor({ kind: 'reward', batchSize: 8 });
    const steps = [1, 2, 3, 4].map((step) => ids(health.afterStep(step, step / 100, { accuracy: 1 })));
    expect(steps).toEqual([[], [], [], ['too-easy']]);
    const mixed = monitor({ kind: 'reward', batchSize: 8 });
    mixed.afterStep(1, 0.01, { accuracy: 0.9 });
    expect([2, 3, 4, 5].flatMap((step) => mixed.afterStep(step, step / 100, { accuracy: 1 }))).toEqual([]);
    const late = monitor({ kind: 'reward', batchSize: 64 });
    expect(late.afterStep(20, 0.5, { accuracy: 1 })).toEqual([]);
  });

  it('warns of one high gradient of SFT and stops at the third in a row', () => {
    const health = monitor({ kind: 'sft' });
    const severities = [11, 12, 3, 11, 11, 11].map((norm, index) =>
      health.afterStep(index + 1, 0.1, { grad_norm: norm }).map(({ severity }) => severity),
    );
    expect(severities).toEqual([['warning'], [], [], [], [], ['stop']]);
  });

  it('suspects the split of a reward model that is better than people', () => {
    expect(ids(monitor({ kind: 'reward' }).afterEvaluation({ eval_accuracy: 0.95 }))).toEqual([
      'split-suspect',
    ]);
    expect(monitor({ kind: 'reward' }).afterEvaluation({ eval_accuracy: 0.74 })).toEqual([]);
  });

  it('advises one epoch for a reward model, and weights for lopsided thumbs', () => {
    expect(ids(monitor({ kind: 'reward', epochs: 2 }).beforeStart(null))).toEqual(['epochs-many']);
    const [advice] = monitor({ kind: 'kto' }).beforeStart({ desirable: 70, undesirable: 30 });
    expect(advice?.message).toContain('0.43 to 0.57');
    expect(advice?.message).toContain('1.75 to 2.33');
    expect(monitor({ kind: 'kto' }).beforeStart({ desirable: 50, undesirable: 40 })).toEqual([]);
  });
});

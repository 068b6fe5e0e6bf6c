/** Preference losses against `losses.json`, computed by an independent implementation (NumPy and TRL 1.13's own functions). */
import { describe, expect, it } from 'vitest';
import { dpoLosses, type DpoLossType } from '../../worker/rlhf/dpo-losses.js';
import { dpoLoss } from '../../worker/rlhf/dpo.js';
import { ktoWeightRanges } from '../../common/contracts/kto-weights.js';
import { ktoLoss } from '../../worker/rlhf/kto.js';
import { rankingLoss } from '../../worker/rlhf/reward.js';
import golden from './losses.json' with { type: 'json' };
import observed from './trl-1.13-observed.json' with { type: 'json' };

const DIGITS = 6;
const { inputs } = golden.dpo;
const pair = {
  a: inputs.policy_chosen_logp - inputs.ref_chosen_logp,
  b: inputs.policy_rejected_logp - inputs.ref_rejected_logp,
  chosenLength: inputs.len_chosen,
  rejectedLength: inputs.len_rejected,
};
const options = { beta: inputs.beta, labelSmoothing: 0, discopopTau: 0.05 };

describe('losses of the DPO family', () => {
  const expected: [DpoLossType, number, Partial<typeof options>?][] = [
    ['sigmoid', golden.dpo.loss.sigmoid],
    ['sigmoid', golden.dpo.loss['cDPO eps=0.1 (reference repo)'], { labelSmoothing: 0.1 }],
    ['robust', golden.dpo.loss['robust eps=0.1'], { labelSmoothing: 0.1 }],
    ['hinge', golden.dpo.loss.hinge],
    ['ipo', golden.dpo.loss['ipo (TRL, per-token averaged)']],
    ['ipo_summed', golden.dpo.loss['ipo (reference repo / paper form, summed)']],
    ['exo_pair', golden.dpo.loss['exo_pair eps=1e-3']],
    ['nca_pair', golden.dpo.loss.nca_pair],
    ['bco_pair', golden.dpo.loss['bco_pair (as written in TRL, no running delta)']],
    ['sppo_hard', golden.dpo.loss.sppo_hard],
    ['apo_zero', golden.dpo.loss.apo_zero],
    ['apo_down', golden.dpo.loss.apo_down],
    ['discopop', golden.dpo.loss['discopop tau=0.05']],
    ['sigmoid_norm', golden.dpo.loss.sigmoid_norm],
  ];
  it.each(expected)('%s is %d', (lossType, value, changed = {}) => {
    expect(dpoLosses[lossType](pair, { ...options, ...changed }).loss).toBeCloseTo(value, DIGITS);
  });

  it('gives the swapped pair its own loss', () => {
    const swapped = {
      a: pair.b,
      b: pair.a,
      chosenLength: pair.rejectedLength,
      rejectedLength: pair.chosenLength,
    };
    const value = golden.dpo['swapped chosen/rejected sigmoid'];
    expect(dpoLosses.sigmoid(swapped, options).loss).toBeCloseTo(value, DIGITS);
  });

  it('is ln 2 where policy and reference agree', () => {
    const same = { chosen: [-12], rejected: [-15] };
    const { loss } = dpoLoss(
      same,
      same,
      { chosen: [10], rejected: [8] },
      { ...options, lossType: 'sigmoid' },
    );
    expect(loss).toBeCloseTo(golden.dpo['step0 (policy==ref)'].sigmoid, DIGITS);
    expect(loss).toBeCloseTo(observed['dpo_step0_ref=policy'].loss, 6);
  });

  it("repeats TRL's hinge loss from its reported margins, all of which are below 1", () => {
    const margin = observed.dpo_hinge['rewards/margins'];
    expect(dpoLosses.hinge({ ...pair, a: margin / options.beta, b: 0 }, options).loss).toBeCloseTo(
      observed.dpo_hinge.loss,
      DIGITS,
    );
  });
});

describe('KTO', () => {
  const { beta, chosen_logratio: liked, rejected_logratio: disliked, kl } = golden.kto.inputs;
  const weights = { beta, desirableWeight: 1, undesirableWeight: 1 };
  const rows: [string, number, boolean, number, 'kto' | 'apo_zero_unpaired', number][] = [
    ['a liked answer', liked, true, kl, 'kto', golden.kto.chosen],
    ['a disliked answer', disliked, false, kl, 'kto', golden.kto.rejected],
    ['APO, liked', liked, true, kl, 'apo_zero_unpaired', golden.kto['apo_zero_unpaired chosen']],
    ['APO, disliked', disliked, false, kl, 'apo_zero_unpaired', golden.kto['apo_zero_unpaired rejected']],
    ['policy = reference', 0, true, 0, 'kto', golden.kto['at policy==ref, kl=0']],
  ];
  it.each(rows)('%s', (_name, logRatio, desirable, point, lossType, value) => {
    const thumbs = { logRatios: [logRatio], desirable: [desirable] };
    expect(ktoLoss(thumbs, point, { ...weights, lossType }).loss).toBeCloseTo(value, DIGITS);
  });

  it.each(golden.kto_weights)('advises weights for $n_des up and $n_und down', (row) => {
    const ranges = ktoWeightRanges(row.n_des, row.n_und);
    expect(ranges.desirable.map(toHundredths)).toEqual(row.desirable);
    expect(ranges.undesirable.map(toHundredths)).toEqual(row.undesirable);
  });
});

describe('reward model', () => {
  // The recorded pair: r+ - r- = 0.9 and r+ + r- = 1.5.
  const scores = [1.2, 0.3];
  it('is the Bradley-Terry likelihood, with margin and centring', () => {
    expect(rankingLoss(scores, [], 0).loss).toBeCloseTo(golden.rm.bt, DIGITS);
    expect(rankingLoss(scores, [0.5], 0).loss).toBeCloseTo(golden.rm['bt margin=0.5'], DIGITS);
    expect(rankingLoss(scores, [], 0.01).loss).toBeCloseTo(golden.rm['bt + center 0.01'], DIGITS);
    expect(rankingLoss([0, 0], [], 0).loss).toBeCloseTo(golden.rm.step0, DIGITS);
  });

  it('averages all six pairs of a ranking of four', () => {
    const ranking = golden.rm_ranking_K4;
    const { loss, differences } = rankingLoss(ranking.scores_best_to_worst, [], 0);
    expect(differences).toHaveLength(ranking.pairs);
    expect(loss).toBeCloseTo(ranking['instructgpt mean over C(4,2)'], DIGITS);
  });
});

function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

/**
 * The losses of the DPO family, each a function of one pair, with its derivatives.
 *
 * a and b are the log-ratios log pi - log ref of the chosen and the rejected answer, D = a - b. Names and forms are TRL's, which differ
 * from the papers in two places that matter: `ipo` averages over tokens (`ipo_summed` is the paper's), and `bco_pair` has no running
 * baseline.
 */
import type { dpoLossTypes } from '../../common/contracts/runs.js';
import { logSigmoid, sigmoid } from './scalar-functions.js';

export type DpoLossType = (typeof dpoLossTypes)[number];

/** One pair, as the losses see it. */
export interface PairLogRatios {
  /** log pi - log ref of the chosen answer, nats, summed over its tokens. */
  a: number;
  /** The same of the rejected answer. */
  b: number;
  /** Target tokens of the chosen answer; >= 1. */
  chosenLength: number;
  /** Target tokens of the rejected answer; >= 1. */
  rejectedLength: number;
}

export interface DpoLossOptions {
  /** Pull towards the reference; > 0. */
  beta: number;
  /** Share of choices taken to be wrong; in [0, 0.5). */
  labelSmoothing: number;
  /** Temperature of discopop; > 0. */
  discopopTau: number;
}

/** Loss of one pair and its derivatives by a and b. */
export interface PairLoss {
  loss: number;
  byA: number;
  byB: number;
}

type DpoLoss = (pair: PairLogRatios, options: DpoLossOptions) => PairLoss;

/** A loss of D alone has opposite derivatives by a and b. */
const ofDifference = (loss: number, byD: number): PairLoss => ({ loss, byA: byD, byB: -byD });

/** -(1-e) log sigma(x) - e log sigma(-x), and its derivative by x. */
function smoothed(x: number, e: number): [value: number, derivative: number] {
  return [-(1 - e) * logSigmoid(x) - e * logSigmoid(-x), -(1 - e) * sigmoid(-x) + e * sigmoid(x)];
}

/** With e = 0 the target distribution has no logarithm; TRL falls back to this. */
const EXO_SMOOTHING = 1e-3;

export const dpoLosses = {
  /** Rafailov et al. 2023, arXiv:2305.18290, eq. 7; smoothing: Mitchell 2023, "A note on DPO with noisy preferences". */
  sigmoid({ a, b }, { beta, labelSmoothing }) {
    const [loss, slope] = smoothed(beta * (a - b), labelSmoothing);
    return ofDifference(loss, beta * slope);
  },

  /** The same over log-ratios averaged per token, against a preference for length. Meng et al. 2024, arXiv:2405.14734, section 4. */
  sigmoid_norm({ a, b, chosenLength, rejectedLength }, { beta, labelSmoothing }) {
    const [loss, slope] = smoothed(beta * (a / chosenLength - b / rejectedLength), labelSmoothing);
    return { loss, byA: (beta * slope) / chosenLength, byB: (-beta * slope) / rejectedLength };
  },

  /** Azar et al. 2023, arXiv:2310.12036, eq. 17, over log-ratios averaged per token. */
  ipo({ a, b, chosenLength, rejectedLength }, { beta }) {
    const gap = a / chosenLength - b / rejectedLength - 1 / (2 * beta);
    return { loss: gap ** 2, byA: (2 * gap) / chosenLength, byB: (-2 * gap) / rejectedLength };
  },

  /** Azar et al. 2023, arXiv:2310.12036, eq. 17, as published. */
  ipo_summed({ a, b }, { beta }) {
    const gap = a - b - 1 / (2 * beta);
    return ofDifference(gap ** 2, 2 * gap);
  },

  /** Zhao et al. 2023 (SLiC), arXiv:2305.10425, on the log-ratios. */
  hinge({ a, b }, { beta }) {
    const room = 1 - beta * (a - b);
    return ofDifference(Math.max(0, room), room > 0 ? -beta : 0);
  },

  /** Chowdhury et al. 2024, arXiv:2403.00409: unbiased when a known share of choices is flipped. */
  robust({ a, b }, { beta, labelSmoothing: e }) {
    const x = beta * (a - b);
    const loss = (-(1 - e) * logSigmoid(x) + e * logSigmoid(-x)) / (1 - 2 * e);
    return ofDifference(loss, (beta * (-(1 - e) * sigmoid(-x) - e * sigmoid(x))) / (1 - 2 * e));
  },

  /** Ji et al. 2024, arXiv:2402.00856, eq. 16: the reverse KL between the two-way distributions. */
  exo_pair({ a, b }, { beta, labelSmoothing }) {
    const e = labelSmoothing || EXO_SMOOTHING;
    const x = beta * (a - b);
    const p = sigmoid(x);
    const right = logSigmoid(x) - Math.log1p(-e);
    const wrong = logSigmoid(-x) - Math.log(e);
    return ofDifference(p * right + (1 - p) * wrong, beta * p * (1 - p) * (right - wrong));
  },

  /** Chen et al. 2024, arXiv:2402.05369: raises the chosen answer's likelihood itself. */
  nca_pair({ a, b }, { beta }) {
    const [x, y] = [beta * a, beta * b];
    return {
      loss: -logSigmoid(x) - 0.5 * logSigmoid(-x) - 0.5 * logSigmoid(-y),
      byA: beta * (-sigmoid(-x) + 0.5 * sigmoid(x)),
      byB: 0.5 * beta * sigmoid(y),
    };
  },

  /** Jung et al. 2024, arXiv:2404.04656, with the baseline at zero. */
  bco_pair({ a, b }, { beta }) {
    const [x, y] = [beta * a, beta * b];
    return {
      loss: -logSigmoid(x) - logSigmoid(-y),
      byA: -beta * sigmoid(-x),
      byB: beta * sigmoid(y),
    };
  },

  /** Wu et al. 2024, arXiv:2405.00675, with hard win probabilities. */
  sppo_hard({ a, b }, { beta }) {
    const high = a - 0.5 / beta;
    const low = b + 0.5 / beta;
    return { loss: high ** 2 + low ** 2, byA: 2 * high, byB: 2 * low };
  },

  /** D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7: chosen up, rejected down. */
  apo_zero({ a, b }, { beta }) {
    const [p, q] = [sigmoid(beta * a), sigmoid(beta * b)];
    return { loss: 1 - p + q, byA: -beta * p * (1 - p), byB: beta * q * (1 - q) };
  },

  /** D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 8: both down, rejected further. */
  apo_down({ a, b }, { beta }) {
    const [p, q] = [sigmoid(beta * a), sigmoid(beta * (a - b))];
    const byQ = beta * q * (1 - q);
    return { loss: p + 1 - q, byA: beta * p * (1 - p) - byQ, byB: byQ };
  },

  /** Lu et al. 2024, arXiv:2406.08414: logistic and exponential loss, blended by the difference itself. */
  discopop({ a, b }, { beta, discopopTau: tau }) {
    const x = beta * (a - b);
    const blend = sigmoid(x / tau);
    const [logistic, exponential] = [-logSigmoid(x), Math.exp(-x)];
    const slope =
      -sigmoid(-x) * (1 - blend) -
      exponential * blend +
      ((exponential - logistic) * blend * (1 - blend)) / tau;
    return ofDifference(logistic * (1 - blend) + exponential * blend, beta * slope);
  },
} satisfies Record<DpoLossType, DpoLoss>;

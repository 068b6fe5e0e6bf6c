/** The table of algorithms. Adding one = one file, one entry here, one golden test, one row in the README's paper index. */
import type { OnlineKind, RunConfigOf, RunKind } from '../../common/contracts/runs.js';
import type { Algorithm, AlgorithmTable, OnlineAlgorithm, UnitOf } from './algorithm.js';
import { bestOfN } from './best-of-n.js';
import { dpo } from './dpo.js';
import { grpo } from './grpo.js';
import { kto } from './kto.js';
import { orpo } from './orpo.js';
import { ppo } from './ppo.js';
import { pretrain } from './pretrain.js';
import { reward } from './reward.js';
import { rloo } from './rloo.js';
import { sft } from './sft.js';
import { simpo } from './simpo.js';

export const algorithms: AlgorithmTable = {
  sft,
  pretrain,
  reward,
  dpo,
  kto,
  orpo,
  simpo,
  grpo,
  rloo,
  ppo,
  best_of_n: bestOfN,
};

/** The algorithm of one kind, typed by it. */
export function algorithmOf<K extends RunKind>(kind: K): Algorithm<RunConfigOf<K>, UnitOf[K]> {
  // Each entry is of its own kind, which TypeScript cannot follow through the table's two halves.
  return algorithms[kind] as Algorithm<RunConfigOf<K>, UnitOf[K]>;
}

/** The same of a kind that answers itself. */
export function onlineAlgorithmOf<K extends OnlineKind>(kind: K): OnlineAlgorithm<RunConfigOf<K>> {
  return algorithms[kind] as OnlineAlgorithm<RunConfigOf<K>>;
}

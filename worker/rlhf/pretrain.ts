/**
 * Pretraining: predict every next token of packed documents.
 *
 * Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training", eq. 1. Differs from SFT in its data alone: every
 * token but a document's first is a target.
 */
import type { RunConfigOf } from '../../common/contracts/runs.js';
import { likelihoodAlgorithm } from './sft.js';

export const pretrain = likelihoodAlgorithm<RunConfigOf<'pretrain'>>();

/** What training computes, reckoned before anything runs. */

export interface PlannedTraining {
  /** Of the model. */
  parameters: number;
  /** Read in training, every epoch of them. */
  tokens: number;
  /** Of the adapter; null trains every weight. */
  adapterParameters: number | null;
  /** A frozen reference judges every token as well (DPO, KTO). */
  usesReference: boolean;
}

/**
 * Floating-point operations, attention over the context left out.
 *
 * Forward takes 2 per parameter and token, the gradient of the activations 2 more, the gradient of the weights another 2: 6 N D in all. A
 * frozen base under an adapter has no gradient of its weights, 4 N D, and the adapter's own weights take their 6. A reference goes forward: 2 N D.
 *
 * @source Kaplan et al. 2020, arXiv:2001.08361, section 2.1 (C ≈ 6 N D)
 */
export function trainingFlops({
  parameters,
  tokens,
  adapterParameters,
  usesReference,
}: PlannedTraining): number {
  const perToken =
    (adapterParameters === null ? 6 * parameters : 4 * parameters + 6 * adapterParameters) +
    (usesReference ? 2 * parameters : 0);
  return perToken * tokens;
}

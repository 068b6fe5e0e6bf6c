import type { RoundEntity } from '../../../common/database/round.entity.js';

/** What a step came to: that it waits for something else to end, or what of the row is to change. */
export type StepOutcome =
  | 'waits'
  | Partial<
      Pick<
        RoundEntity,
        | 'state'
        | 'step'
        | 'error'
        | 'datasetId'
        | 'candidateId'
        | 'candidateName'
        | 'evaluationId'
        | 'gate'
        | 'approvedBy'
        | 'promotionId'
      >
    >;

/** One step of a round. Asked again, it finds what it did before and does it no second time. */
export interface StepOfRound {
  /** @throws AppError for which the round stands still, unless it is retryable */
  advance(round: RoundEntity): Promise<StepOutcome>;
  /** Puts aside what failed, so that the step can go on. @returns what of the row changes by it */
  mend(round: RoundEntity): Promise<Exclude<StepOutcome, 'waits'>>;
}

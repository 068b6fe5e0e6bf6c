import { Injectable } from '@nestjs/common';
import type { RoundStep } from '../../../common/contracts/rounds.js';
import { DatasetStep } from './dataset-step.service.js';
import { EvaluationStep } from './evaluation-step.service.js';
import { PromotionStep } from './promotion-step.service.js';
import type { StepOfRound } from './round-step.js';
import { RunStep } from './run-step.service.js';

/** The steps of a round by their names. */
@Injectable()
export class RoundSteps implements Readonly<Record<RoundStep, StepOfRound>> {
  constructor(
    readonly dataset: DatasetStep,
    readonly run: RunStep,
    readonly evaluation: EvaluationStep,
    readonly promotion: PromotionStep,
  ) {}
}

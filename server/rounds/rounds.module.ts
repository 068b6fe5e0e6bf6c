import { Module } from '@nestjs/common';
import { DatasetsModule } from '../datasets/datasets.module.js';
import { EvaluationsModule } from '../evaluations/evaluations.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { RoundDriver } from './round-driver.service.js';
import { RoundPlanService } from './round-plan.service.js';
import { RoundReader } from './round-reader.service.js';
import { RoundStarter } from './round-starter.service.js';
import { RoundService } from './round.service.js';
import { RoundsController } from './rounds.controller.js';
import { DatasetStep } from './steps/dataset-step.service.js';
import { EvaluationStep } from './steps/evaluation-step.service.js';
import { PromotionStep } from './steps/promotion-step.service.js';
import { RoundSteps } from './steps/round-steps.js';
import { RunStep } from './steps/run-step.service.js';

/** The circle, gone around by itself. */
@Module({
  imports: [DatasetsModule, RunsModule, EvaluationsModule],
  controllers: [RoundsController],
  providers: [
    RoundService,
    RoundPlanService,
    RoundReader,
    RoundDriver,
    RoundStarter,
    RoundSteps,
    DatasetStep,
    RunStep,
    EvaluationStep,
    PromotionStep,
  ],
})
export class RoundsModule {}

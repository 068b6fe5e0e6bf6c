import { Module } from '@nestjs/common';
import { EvaluationQueue } from './evaluation-queue.js';
import { EvaluationService } from './evaluation.service.js';
import { EvaluationsController } from './evaluations.controller.js';
import { HeldOutRows } from './held-out-rows.service.js';
import { RewardModelsModule } from '../reward-models/reward-models.module.js';
import { PromotionService } from './promotion.service.js';
import { VersionStandingService } from './version-standing.service.js';

/** Proof that a version is better, and putting it live. */
@Module({
  imports: [RewardModelsModule],
  controllers: [EvaluationsController],
  providers: [EvaluationService, EvaluationQueue, HeldOutRows, VersionStandingService, PromotionService],
  exports: [EvaluationService, HeldOutRows, VersionStandingService, PromotionService],
})
export class EvaluationsModule {}

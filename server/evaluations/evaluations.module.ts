import { Module } from '@nestjs/common';
import { EvaluationQueue } from './evaluation-queue.js';
import { EvaluationService } from './evaluation.service.js';
import { EvaluationsController } from './evaluations.controller.js';
import { PromotionService } from './promotion.service.js';
import { VersionStandingService } from './version-standing.service.js';

/** Proof that a version is better, and putting it live. */
@Module({
  controllers: [EvaluationsController],
  providers: [EvaluationService, EvaluationQueue, VersionStandingService, PromotionService],
  exports: [EvaluationService, VersionStandingService, PromotionService],
})
export class EvaluationsModule {}

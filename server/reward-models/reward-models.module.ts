import { Module } from '@nestjs/common';
import { RewardModelService } from './reward-model.service.js';
import { RewardModelsController } from './reward-models.controller.js';
import { ScoringService } from './scoring.service.js';

/** Reward models at work. */
@Module({
  controllers: [RewardModelsController],
  providers: [RewardModelService, ScoringService],
  exports: [RewardModelService, ScoringService],
})
export class RewardModelsModule {}

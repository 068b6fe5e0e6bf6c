import { Module } from '@nestjs/common';
import { FeedbackModule } from '../feedback/feedback.module.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { RewardModelsModule } from '../reward-models/reward-models.module.js';
import { PairScoring } from './pair-scoring.service.js';
import { QueuePromptReader } from './queue-prompts.service.js';
import { RatingQueueService } from './rating-queue.service.js';
import { RatingQueuesController } from './rating-queues.controller.js';
import { RatingService } from './rating.service.js';
import { RatingsController } from './ratings.controller.js';

/** Pairs of answers for raters to judge, without names. */
@Module({
  imports: [FeedbackModule, GenerationsModule, RewardModelsModule],
  controllers: [RatingQueuesController, RatingsController],
  providers: [RatingQueueService, QueuePromptReader, RatingService, PairScoring],
})
export class RatingQueuesModule {}

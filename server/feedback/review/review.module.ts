import { Module } from '@nestjs/common';
import { RewardModelsModule } from '../../reward-models/reward-models.module.js';
import { LeaderboardService } from '../leaderboard/leaderboard.service.js';
import { ExclusionService } from './exclusion.service.js';
import { FeedbackScoring } from './feedback-scoring.service.js';
import { FeedbackDetails } from './feedback-detail.service.js';
import { FeedbackSummaries } from './feedback-summary.service.js';
import { FeedbackTable } from './feedback-table.service.js';
import { ReviewController } from './review.controller.js';

/** Feedback as admins see it: table, counts, exclusions and the standing of the versions. */
@Module({
  imports: [RewardModelsModule],
  controllers: [ReviewController],
  providers: [
    FeedbackTable,
    FeedbackSummaries,
    FeedbackDetails,
    FeedbackScoring,
    ExclusionService,
    LeaderboardService,
  ],
})
export class ReviewModule {}

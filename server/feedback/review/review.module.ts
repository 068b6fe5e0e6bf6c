import { Module } from '@nestjs/common';
import { LeaderboardService } from '../leaderboard/leaderboard.service.js';
import { ExclusionService } from './exclusion.service.js';
import { FeedbackDetails } from './feedback-detail.service.js';
import { FeedbackSummaries } from './feedback-summary.service.js';
import { FeedbackTable } from './feedback-table.service.js';
import { ReviewController } from './review.controller.js';

/** Feedback as admins see it: table, counts, exclusions and the standing of the versions. */
@Module({
  controllers: [ReviewController],
  providers: [FeedbackTable, FeedbackSummaries, FeedbackDetails, ExclusionService, LeaderboardService],
})
export class ReviewModule {}

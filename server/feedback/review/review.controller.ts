import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../../common/contracts/accounts.js';
import { feedbackFilterSchema, type FeedbackFilter } from '../../../common/contracts/feedback-filter.js';
import {
  excludeFeedbackSchema,
  feedbackDetailSchema,
  feedbackPageQuerySchema,
  feedbackPageSchema,
  feedbackSummarySchema,
  leaderboardQuerySchema,
  leaderboardSchema,
  type ExcludeFeedback,
  type FeedbackDetail,
  type FeedbackPage,
  type FeedbackPageQuery,
  type FeedbackSummary,
  type LeaderboardQuery,
  type LeaderboardView,
} from '../../../common/contracts/feedback-review.js';
import { CurrentUser, Roles } from '../../auth/access.js';
import { ApiRoute } from '../../openapi/api-route.js';
import { LeaderboardService } from '../leaderboard/leaderboard.service.js';
import { ExclusionService } from './exclusion.service.js';
import { FeedbackScoring } from './feedback-scoring.service.js';
import { FeedbackDetails } from './feedback-detail.service.js';
import { FeedbackSummaries } from './feedback-summary.service.js';
import { FeedbackTable } from './feedback-table.service.js';

const id = { schema: z.uuid() };

/** Everybody's feedback, for admins. */
@Controller('api')
@Roles('admin')
export class ReviewController {
  constructor(
    private readonly table: FeedbackTable,
    private readonly summaries: FeedbackSummaries,
    private readonly details: FeedbackDetails,
    private readonly exclusions: ExclusionService,
    private readonly leaderboard: LeaderboardService,
    private readonly scoring: FeedbackScoring,
  ) {}

  @Get('feedback')
  @ApiRoute({ summary: 'Lists a selection of the feedback, newest first', response: feedbackPageSchema })
  list(@Query({ schema: feedbackPageQuerySchema }) query: FeedbackPageQuery): Promise<FeedbackPage> {
    return this.table.list(query);
  }

  @Get('feedback/summary')
  @ApiRoute({ summary: 'Counts a selection of the feedback', response: feedbackSummarySchema })
  summarise(@Query({ schema: feedbackFilterSchema }) filter: FeedbackFilter): Promise<FeedbackSummary> {
    return this.summaries.summarise(filter);
  }

  @Get('feedback/events/:id')
  @ApiRoute({ summary: 'Shows an act of feedback and what it is about', response: feedbackDetailSchema })
  get(@Param('id', id) eventId: string): Promise<FeedbackDetail> {
    return this.details.get(eventId);
  }

  @Post('feedback/events/:id/exclusions')
  @ApiRoute({
    summary: 'Takes an act of feedback out of what counts, or back in',
    response: feedbackDetailSchema,
  })
  async exclude(
    @CurrentUser() user: User,
    @Param('id', id) eventId: string,
    @Body({ schema: excludeFeedbackSchema }) body: ExcludeFeedback,
  ): Promise<FeedbackDetail> {
    await this.exclusions.set(user.id, eventId, body);
    return this.details.get(eventId);
  }

  @Post('feedback/events/:id/scores')
  @ApiRoute({
    summary: 'Has the answers of an act scored by the reward model of their base',
    response: feedbackDetailSchema,
    status: 200,
  })
  score(@Param('id', id) eventId: string): Promise<FeedbackDetail> {
    return this.scoring.score(eventId);
  }

  @Get('leaderboard')
  @ApiRoute({ summary: 'Ranks the model versions by blind comparisons', response: leaderboardSchema })
  rank(@Query({ schema: leaderboardQuerySchema }) query: LeaderboardQuery): Promise<LeaderboardView> {
    return this.leaderboard.get(query);
  }
}

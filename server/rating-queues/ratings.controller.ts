import { Body, Controller, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import { voteSchema, type Vote } from '../../common/contracts/feedback.js';
import { nextRatingSchema, type NextRating } from '../../common/contracts/rating-queues.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { RatingService } from './rating.service.js';

const id = { schema: z.uuid() };

@Controller('api/ratings')
@Roles('rater', 'admin')
export class RatingsController {
  constructor(private readonly ratings: RatingService) {}

  @Post('next')
  @ApiRoute({ summary: 'Gives a pair of answers to judge', response: nextRatingSchema })
  next(@CurrentUser() user: User): Promise<NextRating> {
    return this.ratings.next(user.id);
  }

  @Post(':pairId/vote')
  @ApiRoute({ summary: 'Says which answer of a pair is better', response: nextRatingSchema })
  vote(
    @CurrentUser() user: User,
    @Param('pairId', id) pairId: string,
    @Body({ schema: voteSchema }) body: Vote,
  ): Promise<NextRating> {
    return this.ratings.vote(user.id, pairId, body);
  }

  @Post(':pairId/skip')
  @ApiRoute({ summary: 'Leaves a pair to others', response: nextRatingSchema })
  skip(@CurrentUser() user: User, @Param('pairId', id) pairId: string): Promise<NextRating> {
    return this.ratings.skip(user.id, pairId);
  }
}

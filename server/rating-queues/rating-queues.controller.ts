import { Body, Controller, Get, Param, Patch, Post, Req } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  newRatingQueueSchema,
  ratingQueueSchema,
  updateRatingQueueSchema,
  type NewRatingQueue,
  type RatingQueue,
  type UpdateRatingQueue,
} from '../../common/contracts/rating-queues.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import type { AppRequest } from '../platform/request.js';
import { RatingQueueService } from './rating-queue.service.js';

@Controller('api/rating-queues')
@Roles('admin')
export class RatingQueuesController {
  constructor(private readonly queues: RatingQueueService) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the raters’ queues with what came of them',
    response: z.array(ratingQueueSchema),
  })
  list(): Promise<RatingQueue[]> {
    return this.queues.list();
  }

  @Post()
  @ApiRoute({
    summary: 'Has two versions answer the same prompts, for raters to judge blindly',
    response: ratingQueueSchema,
    status: 201,
  })
  create(
    @Req() { requestId }: AppRequest,
    @CurrentUser() user: User,
    @Body({ schema: newRatingQueueSchema }) body: NewRatingQueue,
  ): Promise<RatingQueue> {
    return this.queues.create(body, { userId: user.id, requestId });
  }

  @Patch(':id')
  @ApiRoute({
    summary: 'Asks for more judgements of each pair, closes a queue or opens it again',
    response: ratingQueueSchema,
  })
  update(
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: updateRatingQueueSchema }) body: UpdateRatingQueue,
  ): Promise<RatingQueue> {
    return this.queues.update(id, body);
  }
}

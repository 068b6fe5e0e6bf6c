import { Body, Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  feedbackEventSchema,
  giveThumbSchema,
  guidelineListsSchema,
  guidelinesSchema,
  ownFeedbackSchema,
  type FeedbackEvent,
  type GiveThumb,
  type Guidelines,
  type OwnFeedback,
} from '../../common/contracts/feedback.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { FeedbackLedger } from './feedback-ledger.service.js';
import { GuidelineService } from './guideline.service.js';
import { OwnFeedbackService } from './own-feedback.service.js';
import { ThumbService } from './thumb.service.js';

const id = { schema: z.uuid() };
const pageSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

@Controller('api')
export class FeedbackController {
  constructor(
    private readonly ledger: FeedbackLedger,
    private readonly own: OwnFeedbackService,
    private readonly thumbs: ThumbService,
    private readonly guidelines: GuidelineService,
  ) {}

  @Put('messages/:id/thumb')
  @ApiRoute({ summary: 'Gives, changes or takes back a thumb', response: feedbackEventSchema })
  giveThumb(
    @CurrentUser() user: User,
    @Param('id', id) messageId: string,
    @Body({ schema: giveThumbSchema }) body: GiveThumb,
  ): Promise<FeedbackEvent> {
    return this.thumbs.give(user.id, messageId, body);
  }

  @Get('conversations/:id/feedback')
  @ApiRoute({
    summary: 'Lists what you said of the answers of a conversation',
    response: z.array(feedbackEventSchema),
  })
  listOfConversation(
    @CurrentUser() user: User,
    @Param('id', id) conversationId: string,
  ): Promise<FeedbackEvent[]> {
    return this.ledger.listCurrent(user.id, conversationId);
  }

  @Get('me/feedback')
  @ApiRoute({ summary: 'Lists your feedback, newest first', response: z.array(ownFeedbackSchema) })
  listOwn(
    @CurrentUser() user: User,
    @Query({ schema: pageSchema }) page: z.infer<typeof pageSchema>,
  ): Promise<OwnFeedback[]> {
    return this.own.list(user.id, page);
  }

  @Delete('me/feedback/:id')
  @ApiRoute({ summary: 'Takes back what you said, whatever its kind', response: feedbackEventSchema })
  withdraw(@CurrentUser() user: User, @Param('id', id) eventId: string): Promise<FeedbackEvent> {
    return this.ledger.withdraw(user.id, eventId);
  }

  @Get('feedback/guidelines')
  @ApiRoute({ summary: 'Gives the reasons and criteria that raters are offered', response: guidelinesSchema })
  getGuidelines(): Promise<Guidelines> {
    return this.guidelines.get();
  }

  @Put('feedback/guidelines')
  @Roles('admin')
  @ApiRoute({ summary: 'Replaces the reasons and criteria, as a new version', response: guidelinesSchema })
  replaceGuidelines(
    @Body({ schema: guidelineListsSchema }) lists: z.infer<typeof guidelineListsSchema>,
  ): Promise<Guidelines> {
    return this.guidelines.replace(lists);
  }
}

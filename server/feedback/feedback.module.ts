import { Module } from '@nestjs/common';
import { FeedbackController } from './feedback.controller.js';
import { FeedbackLedger } from './feedback-ledger.service.js';
import { GuidelineService } from './guideline.service.js';
import { ImplicitFeedback } from './implicit-feedback.service.js';
import { OwnFeedbackService } from './own-feedback.service.js';
import { ThumbService } from './thumb.service.js';

/** What people say of answers, kept as events. */
@Module({
  controllers: [FeedbackController],
  providers: [FeedbackLedger, OwnFeedbackService, GuidelineService, ThumbService, ImplicitFeedback],
  exports: [FeedbackLedger, GuidelineService, ImplicitFeedback],
})
export class FeedbackModule {}

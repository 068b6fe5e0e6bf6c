import { Module } from '@nestjs/common';
import { FeedbackModule } from '../feedback/feedback.module.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { RewardModelsModule } from '../reward-models/reward-models.module.js';
import { CompletionFeedbackService } from './completion-feedback.service.js';
import { CompletionService } from './completion.service.js';
import { EmbeddingService } from './embedding.service.js';
import { OpenAiModelService } from './model.service.js';
import { OpenAiController } from './openai.controller.js';

@Module({
  imports: [GenerationsModule, FeedbackModule, RewardModelsModule],
  controllers: [OpenAiController],
  providers: [CompletionService, CompletionFeedbackService, EmbeddingService, OpenAiModelService],
})
export class OpenAiModule {}

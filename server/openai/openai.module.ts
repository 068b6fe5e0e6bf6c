import { Module } from '@nestjs/common';
import { GenerationsModule } from '../generations/generations.module.js';
import { CompletionService } from './completion.service.js';
import { EmbeddingService } from './embedding.service.js';
import { OpenAiModelService } from './model.service.js';
import { OpenAiController } from './openai.controller.js';

@Module({
  imports: [GenerationsModule],
  controllers: [OpenAiController],
  providers: [CompletionService, EmbeddingService, OpenAiModelService],
})
export class OpenAiModule {}

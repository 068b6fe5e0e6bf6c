import { Module } from '@nestjs/common';
import { BuiltInPromptSets } from './built-in/built-in-prompt-sets.service.js';
import { PromptFileService } from './prompt-file.service.js';
import { PromptFilesController } from './prompt-files.controller.js';
import { PromptSetService } from './prompt-set.service.js';
import { PromptSetsController } from './prompt-sets.controller.js';

/** What evaluations ask, and what reinforcement learning trains on. */
@Module({
  controllers: [PromptFilesController, PromptSetsController],
  providers: [PromptSetService, PromptFileService, BuiltInPromptSets],
})
export class PromptSetsModule {}

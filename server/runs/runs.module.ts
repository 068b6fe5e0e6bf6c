import { Module } from '@nestjs/common';
import { ChatEffects } from './chat-effect.service.js';
import { RunCheck } from './run-check.service.js';
import { RunNewsService } from './run-news.service.js';
import { RunQueue } from './run-queue.js';
import { RunReader } from './run-reader.service.js';
import { RunService } from './run.service.js';
import { RunsController } from './runs.controller.js';

/** Training runs: what is asked of the training workers, and what they told. */
@Module({
  controllers: [RunsController],
  providers: [RunService, RunReader, RunCheck, RunQueue, RunNewsService, ChatEffects],
  exports: [RunService, RunReader, RunCheck, RunNewsService],
})
export class RunsModule {}

import { Module } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { LOGGER, REDIS } from '../platform/tokens.js';
import { GENERATE_QUEUE, openGenerateQueue } from './generate-queue.js';
import { GenerationReconciler } from './generation-reconciler.js';
import { GenerationService } from './generation.service.js';
import { ModelChoice } from './model-choice.service.js';

/** Making and following answers; see GenerationService. */
@Module({
  providers: [
    {
      provide: GENERATE_QUEUE,
      inject: [REDIS, LOGGER],
      useFactory: (redis: Redis, logger: Logger) =>
        openGenerateQueue(redis, (error) => logger.warn({ err: error }, 'queue connection failed')),
    },
    GenerationService,
    GenerationReconciler,
    ModelChoice,
  ],
  exports: [GenerationService, GenerationReconciler, GENERATE_QUEUE, ModelChoice],
})
export class GenerationsModule {}

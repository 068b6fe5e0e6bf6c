import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import type { Logger } from '../common/logging/logger.js';
import { AuthModule } from './auth/auth.module.js';
import { CanariesModule } from './canaries/canaries.module.js';
import { ChatModule } from './chat/chat.module.js';
import { CostsModule } from './costs/costs.module.js';
import { DatasetsModule } from './datasets/datasets.module.js';
import { EvaluationsModule } from './evaluations/evaluations.module.js';
import { GenerationsModule } from './generations/generations.module.js';
import { FeedbackModule } from './feedback/feedback.module.js';
import { ReviewModule } from './feedback/review/review.module.js';
import { HealthModule } from './health/health.module.js';
import { LineageModule } from './lineage/lineage.module.js';
import { ModelsModule } from './models/models.module.js';
import { OpenAiModule } from './openai/openai.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { PlatformModule } from './platform/platform.module.js';
import { defaultRate, RateLimitGuard } from './platform/rate-limit.guard.js';
import { RateLimiter } from './platform/rate-limiter.service.js';
import { PromptSetsModule } from './prompt-sets/prompt-sets.module.js';
import { RoundsModule } from './rounds/rounds.module.js';
import { RatingQueuesModule } from './rating-queues/rating-queues.module.js';
import { RewardModelsModule } from './reward-models/reward-models.module.js';
import { RunsModule } from './runs/runs.module.js';
import type { ServerConfig } from './platform/server-config.js';

@Module({})
export class AppModule {
  static with(config: ServerConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(config, logger),
        ThrottlerModule.forRootAsync({
          inject: [RateLimiter],
          useFactory: (storage: RateLimiter) => ({ throttlers: [defaultRate], storage }),
        }),
        AuthModule,
        HealthModule,
        DatasetsModule,
        FeedbackModule,
        ReviewModule,
        EvaluationsModule,
        CanariesModule,
        RatingQueuesModule,
        RewardModelsModule,
        LineageModule,
        CostsModule,
        OpenApiModule,
        OpenAiModule,
        ModelsModule,
        PromptSetsModule,
        RunsModule,
        RoundsModule,
        GenerationsModule,
        ChatModule,
      ],
      providers: [{ provide: APP_GUARD, useClass: RateLimitGuard }],
    };
  }
}

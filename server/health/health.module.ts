import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/chat.module.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { ModelsModule } from '../models/models.module.js';
import { HealthController } from './health.controller.js';
import { MetricsService } from './metrics.service.js';
import { ReadinessService } from './readiness.service.js';

@Module({
  imports: [GenerationsModule, ChatModule, ModelsModule],
  controllers: [HealthController],
  providers: [ReadinessService, MetricsService],
})
export class HealthModule {}

import { Module } from '@nestjs/common';
import { CostsController } from './costs.controller.js';
import { CostsService } from './costs.service.js';
import { PricingService } from './pricing.service.js';

/** What everything costs. */
@Module({
  controllers: [CostsController],
  providers: [CostsService, PricingService],
})
export class CostsModule {}

import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  costsQuerySchema,
  costsSchema,
  pricesSchema,
  pricingSchema,
  roundCostSchema,
  subjectCostSchema,
  type Costs,
  type CostsQuery,
  type Prices,
  type Pricing,
  type RoundCost,
  type SubjectCost,
} from '../../common/contracts/costs.js';
import { Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { CostsService } from './costs.service.js';
import { PricingService } from './pricing.service.js';

const id = { schema: z.uuid() };

@Controller('api/costs')
@Roles('admin')
export class CostsController {
  constructor(
    private readonly costs: CostsService,
    private readonly pricing: PricingService,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Adds up what was used, by day, person, run and round', response: costsSchema })
  get(@Query({ schema: costsQuerySchema }) query: CostsQuery): Promise<Costs> {
    return this.costs.get(query);
  }

  @Get('prices')
  @ApiRoute({ summary: 'Gives the prices that costs are reckoned at', response: pricingSchema })
  getPrices(): Promise<Pricing> {
    return this.pricing.get();
  }

  @Put('prices')
  @ApiRoute({ summary: 'Sets the prices that costs are reckoned at', response: pricingSchema })
  setPrices(@Body({ schema: pricesSchema }) body: Prices): Promise<Pricing> {
    return this.pricing.replace(body);
  }

  @Get('runs/:id')
  @ApiRoute({ summary: 'Tells what a run used', response: subjectCostSchema })
  getOfRun(@Param('id', id) runId: string): Promise<SubjectCost> {
    return this.costs.getOfRun(runId);
  }

  @Get('rounds/:id')
  @ApiRoute({ summary: 'Tells what a round used', response: roundCostSchema })
  getOfRound(@Param('id', id) roundId: string): Promise<RoundCost> {
    return this.costs.getOfRound(roundId);
  }

  @Get('answers/:id')
  @ApiRoute({ summary: 'Tells what an answer of the chat used', response: subjectCostSchema })
  getOfAnswer(@Param('id', id) messageId: string): Promise<SubjectCost> {
    return this.costs.getOfAnswer(messageId);
  }
}

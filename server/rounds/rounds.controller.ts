import { Body, Controller, Get, Param, Post, Put } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  circleSchema,
  newRoundPlanSchema,
  roundPlanSchema,
  roundSchema,
  type Circle,
  type Round,
  type RoundPlan,
} from '../../common/contracts/rounds.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { RoundPlanService } from './round-plan.service.js';
import { RoundReader } from './round-reader.service.js';
import { RoundService } from './round.service.js';

const id = { schema: z.uuid() };

@Controller('api')
@Roles('admin')
export class RoundsController {
  constructor(
    private readonly rounds: RoundService,
    private readonly plans: RoundPlanService,
    private readonly reader: RoundReader,
  ) {}

  @Get('models/:id/circle')
  @ApiRoute({ summary: "Tells where a model's circle stands, with its rounds", response: circleSchema })
  getCircle(@Param('id', id) modelId: string): Promise<Circle> {
    return this.reader.getCircle(modelId);
  }

  @Put('models/:id/round-plan')
  @ApiRoute({ summary: 'Says how the rounds of a model go from now on', response: roundPlanSchema })
  savePlan(
    @CurrentUser() user: User,
    @Param('id', id) modelId: string,
    @Body({ schema: newRoundPlanSchema }) body: RoundPlan,
  ): Promise<RoundPlan> {
    return this.plans.save(modelId, body, user.id);
  }

  @Post('models/:id/rounds')
  @ApiRoute({ summary: 'Begins a round', response: roundSchema, status: 201 })
  async begin(@CurrentUser() user: User, @Param('id', id) modelId: string): Promise<Round> {
    return this.reader.get(await this.rounds.begin(modelId, { occasion: 'asked', userId: user.id }));
  }

  @Get('rounds/:id')
  @ApiRoute({ summary: 'Gives a round', response: roundSchema })
  get(@Param('id', id) roundId: string): Promise<Round> {
    return this.reader.get(roundId);
  }

  @Post('rounds/:id/approve')
  @ApiRoute({ summary: 'Lets the version of a round that asks go live', response: roundSchema })
  async approve(@CurrentUser() user: User, @Param('id', id) roundId: string): Promise<Round> {
    await this.rounds.approve(roundId, user.id);
    return this.reader.get(roundId);
  }

  @Post('rounds/:id/decline')
  @ApiRoute({ summary: 'Ends a round that asks; what is live stays', response: roundSchema })
  async decline(@Param('id', id) roundId: string): Promise<Round> {
    await this.rounds.decline(roundId);
    return this.reader.get(roundId);
  }

  @Post('rounds/:id/retry')
  @ApiRoute({ summary: 'Goes on with the step of a round that failed', response: roundSchema })
  async retry(@Param('id', id) roundId: string): Promise<Round> {
    await this.rounds.retry(roundId);
    return this.reader.get(roundId);
  }

  @Post('rounds/:id/cancel')
  @ApiRoute({ summary: 'Ends a round, and its run', response: roundSchema })
  async cancel(@Param('id', id) roundId: string): Promise<Round> {
    await this.rounds.cancel(roundId);
    return this.reader.get(roundId);
  }
}

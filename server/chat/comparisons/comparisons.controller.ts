import { Body, Controller, Get, Param, Post, Put } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../../common/contracts/accounts.js';
import { comparisonSettingsSchema, type ComparisonSettings } from '../../../common/contracts/comparisons.js';
import {
  revealSchema,
  voteResultSchema,
  voteSchema,
  type Reveal,
  type Vote,
  type VoteResult,
} from '../../../common/contracts/feedback.js';
import { CurrentUser, Roles } from '../../auth/access.js';
import { ApiRoute } from '../../openapi/api-route.js';
import { ComparisonSettingsService } from './comparison-settings.service.js';
import { ComparisonService } from './comparison.service.js';

const id = { schema: z.uuid() };

@Controller('api/comparisons')
export class ComparisonsController {
  constructor(
    private readonly comparisons: ComparisonService,
    private readonly settings: ComparisonSettingsService,
  ) {}

  @Post(':id/vote')
  @ApiRoute({ summary: 'Says which of two answers is better, or says otherwise', response: voteResultSchema })
  vote(
    @CurrentUser() user: User,
    @Param('id', id) comparisonId: string,
    @Body({ schema: voteSchema }) body: Vote,
  ): Promise<VoteResult> {
    return this.comparisons.vote(user.id, comparisonId, body);
  }

  @Post(':id/skip')
  @ApiRoute({ summary: 'Ends a comparison without a vote', response: revealSchema })
  skip(@CurrentUser() user: User, @Param('id', id) comparisonId: string): Promise<Reveal> {
    return this.comparisons.skip(user.id, comparisonId);
  }

  @Get('settings')
  @Roles('admin')
  @ApiRoute({
    summary: 'Gives what is compared, and how often it is offered',
    response: comparisonSettingsSchema,
  })
  getSettings(): Promise<ComparisonSettings> {
    return this.settings.get();
  }

  @Put('settings')
  @Roles('admin')
  @ApiRoute({
    summary: 'Sets what is compared, and how often it is offered',
    response: comparisonSettingsSchema,
  })
  replaceSettings(
    @Body({ schema: comparisonSettingsSchema }) body: ComparisonSettings,
  ): Promise<ComparisonSettings> {
    return this.settings.replace(body);
  }
}

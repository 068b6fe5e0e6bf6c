import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import {
  canarySchema,
  canaryShareSchema,
  type Canary,
  type CanaryShare,
} from '../../common/contracts/canaries.js';
import { Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { CanaryService } from './canary.service.js';

const id = { schema: z.uuid() };

@Controller('api')
@Roles('admin')
export class CanariesController {
  constructor(private readonly canaries: CanaryService) {}

  @Get('canaries')
  @ApiRoute({
    summary: 'Lists the versions on trial, and what people made of them',
    response: z.array(canarySchema),
  })
  list(): Promise<Canary[]> {
    return this.canaries.list();
  }

  @Put('versions/:id/canary')
  @ApiRoute({ summary: 'Gives a version a share of new conversations', response: canarySchema })
  set(
    @Param('id', id) versionId: string,
    @Body({ schema: canaryShareSchema }) { share }: CanaryShare,
  ): Promise<Canary> {
    return this.canaries.set(versionId, share);
  }

  @Delete('versions/:id/canary')
  @ApiRoute({ summary: 'Withdraws a version that is on trial', response: null })
  withdraw(@Param('id', id) versionId: string): Promise<void> {
    return this.canaries.withdraw(versionId);
  }
}

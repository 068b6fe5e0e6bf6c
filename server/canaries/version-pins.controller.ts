import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  ownPinSchema,
  pinVersionSchema,
  versionPinSchema,
  type OwnPin,
  type PinVersion,
  type VersionPin,
} from '../../common/contracts/canaries.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { VersionPinService } from './version-pin.service.js';

const id = { schema: z.uuid() };

@Controller('api')
export class VersionPinsController {
  constructor(private readonly pins: VersionPinService) {}

  @Get('me/pin')
  @ApiRoute({ summary: 'Gives the version that one stays on, if any', response: ownPinSchema })
  async find(@CurrentUser() user: User): Promise<OwnPin> {
    return { pin: await this.pins.find(user.id) };
  }

  @Put('me/pin')
  @ApiRoute({ summary: 'Stays on a version, whatever goes live', response: versionPinSchema })
  set(
    @CurrentUser() user: User,
    @Body({ schema: pinVersionSchema }) { versionId }: PinVersion,
  ): Promise<VersionPin> {
    return this.pins.set(user.id, versionId);
  }

  @Delete('me/pin')
  @ApiRoute({ summary: 'Follows what is live again', response: null })
  remove(@CurrentUser() user: User): Promise<void> {
    return this.pins.remove(user.id);
  }

  @Put('users/:id/pin')
  @Roles('admin')
  @ApiRoute({ summary: 'Has a person stay on a version', response: versionPinSchema })
  setFor(
    @Param('id', id) userId: string,
    @Body({ schema: pinVersionSchema }) { versionId }: PinVersion,
  ): Promise<VersionPin> {
    return this.pins.set(userId, versionId);
  }

  @Delete('users/:id/pin')
  @Roles('admin')
  @ApiRoute({ summary: 'Has a person follow what is live again', response: null })
  removeFor(@Param('id', id) userId: string): Promise<void> {
    return this.pins.remove(userId);
  }
}

import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import {
  createdInviteSchema,
  createInviteSchema,
  inviteSchema,
  type CreatedInvite,
  type Invite,
} from '../../common/contracts/accounts.js';
import { ApiRoute } from '../openapi/api-route.js';
import { Roles } from './access.js';
import { InviteService } from './invite.service.js';

@Controller('api/invites')
@Roles('admin')
export class InviteController {
  constructor(private readonly invites: InviteService) {}

  @Get()
  @ApiRoute({ summary: 'Lists the invitations', response: z.array(inviteSchema) })
  list(): Promise<Invite[]> {
    return this.invites.listInvites();
  }

  @Post()
  @ApiRoute({
    summary: 'Makes an invitation and shows its link, this once',
    response: createdInviteSchema,
    status: 201,
  })
  create(
    @Body({ schema: createInviteSchema }) body: z.infer<typeof createInviteSchema>,
  ): Promise<CreatedInvite> {
    return this.invites.createInvite(body);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Withdraws an invitation', response: null })
  delete(@Param('id', { schema: z.uuid() }) id: string): Promise<void> {
    return this.invites.deleteInvite(id);
  }
}

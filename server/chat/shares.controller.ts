import { Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  sharedConversationSchema,
  shareSchema,
  type Share,
  type SharedConversation,
} from '../../common/contracts/conversations.js';
import { CurrentUser, Public } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { ShareService } from './share.service.js';

const id = { schema: z.uuid() };

@Controller('api')
export class SharesController {
  constructor(private readonly shares: ShareService) {}

  @Get('conversations/:id/shares')
  @ApiRoute({ summary: 'Lists the links to a conversation', response: z.array(shareSchema) })
  list(@CurrentUser() user: User, @Param('id', id) conversationId: string): Promise<Share[]> {
    return this.shares.list(user.id, conversationId);
  }

  @Post('conversations/:id/shares')
  @ApiRoute({
    summary: 'Makes a read-only link to the shown branch as it is now',
    response: shareSchema,
    status: 201,
  })
  create(@CurrentUser() user: User, @Param('id', id) conversationId: string): Promise<Share> {
    return this.shares.create(user.id, conversationId);
  }

  @Delete('shares/:id')
  @ApiRoute({ summary: 'Revokes a link', response: null })
  revoke(@CurrentUser() user: User, @Param('id', id) shareId: string): Promise<void> {
    return this.shares.revoke(user.id, shareId);
  }

  @Get('shared/:token')
  @Public()
  @ApiRoute({
    summary: 'Shows a shared conversation to whoever has the link',
    response: sharedConversationSchema,
  })
  getShared(
    @Param('token', { schema: z.string().min(1).max(200) }) shareToken: string,
  ): Promise<SharedConversation> {
    return this.shares.getShared(shareToken);
  }
}

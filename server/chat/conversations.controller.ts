import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  conversationSchema,
  conversationSummarySchema,
  conversationTreeSchema,
  createConversationSchema,
  updateConversationSchema,
  type Conversation,
  type ConversationSummary,
  type ConversationTree,
  type CreateConversation,
  type UpdateConversation,
} from '../../common/contracts/conversations.js';
import { CurrentUser } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { ConversationService } from './conversation.service.js';

const id = { schema: z.uuid() };

@Controller('api/conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationService) {}

  @Get()
  @ApiRoute({ summary: 'Lists your conversations', response: z.array(conversationSummarySchema) })
  list(@CurrentUser() user: User): Promise<ConversationSummary[]> {
    return this.conversations.list(user.id);
  }

  @Post()
  @ApiRoute({ summary: 'Begins a conversation', response: conversationSchema, status: 201 })
  create(
    @CurrentUser() user: User,
    @Body({ schema: createConversationSchema }) body: CreateConversation,
  ): Promise<Conversation> {
    return this.conversations.create(user.id, body);
  }

  @Get(':id')
  @ApiRoute({ summary: 'Gives a conversation with all of its messages', response: conversationTreeSchema })
  getTree(@CurrentUser() user: User, @Param('id', id) conversationId: string): Promise<ConversationTree> {
    return this.conversations.getTree(user.id, conversationId);
  }

  @Patch(':id')
  @ApiRoute({
    summary: 'Changes title, folder, pin, prompt, parameters, consent, draft or shown branch',
    response: conversationSchema,
  })
  update(
    @CurrentUser() user: User,
    @Param('id', id) conversationId: string,
    @Body({ schema: updateConversationSchema }) body: UpdateConversation,
  ): Promise<Conversation> {
    return this.conversations.update(user.id, conversationId, body);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Erases a conversation and all that was said in it', response: null })
  delete(@CurrentUser() user: User, @Param('id', id) conversationId: string): Promise<void> {
    return this.conversations.delete(user.id, conversationId);
  }
}

import { Body, Controller, Delete, Get, Param, Patch } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  editAnswerSchema,
  messageLogProbsSchema,
  messageSchema,
  type Message,
  type MessageLogProbs,
} from '../../common/contracts/conversations.js';
import { CurrentUser } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { MessageService } from './message.service.js';

const id = { schema: z.uuid() };

@Controller('api/messages')
export class MessagesController {
  constructor(private readonly messages: MessageService) {}

  @Patch(':id')
  @ApiRoute({ summary: 'Puts your version of an answer beside it', response: messageSchema })
  editAnswer(
    @CurrentUser() user: User,
    @Param('id', id) messageId: string,
    @Body({ schema: editAnswerSchema }) body: z.infer<typeof editAnswerSchema>,
  ): Promise<Message> {
    return this.messages.editAnswer(user.id, messageId, body.content);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Erases a message and everything below it', response: null })
  delete(@CurrentUser() user: User, @Param('id', id) messageId: string): Promise<void> {
    return this.messages.delete(user.id, messageId);
  }

  @Get(':id/log-probs')
  @ApiRoute({
    summary: "Gives the probabilities of an answer's tokens",
    response: messageLogProbsSchema,
  })
  getLogProbs(@CurrentUser() user: User, @Param('id', id) messageId: string): Promise<MessageLogProbs> {
    return this.messages.getLogProbs(user.id, messageId);
  }
}

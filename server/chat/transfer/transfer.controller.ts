import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import type { User } from '../../../common/contracts/accounts.js';
import {
  conversationExportSchema,
  conversationSummarySchema,
  exportSchema,
  type ConversationSummary,
} from '../../../common/contracts/conversations.js';
import { CurrentUser } from '../../auth/access.js';
import { ApiRoute } from '../../openapi/api-route.js';
import { ConversationService } from '../conversation.service.js';
import { toAttuneExport } from './attune-file.js';
import { ImportService } from './import.service.js';
import { toDisposition, toMarkdown } from './markdown-file.js';

const id = { schema: z.uuid() };

@Controller('api/conversations')
export class TransferController {
  constructor(
    private readonly conversations: ConversationService,
    private readonly importing: ImportService,
  ) {}

  @Get(':id/export')
  @ApiRoute({
    summary: 'Gives a conversation as a file: all of its tree as JSON, or the shown branch as Markdown',
    response: conversationExportSchema,
  })
  async export(
    @CurrentUser() user: User,
    @Param('id', id) conversationId: string,
    @Query({ schema: exportSchema }) { format }: z.infer<typeof exportSchema>,
    @Res({ passthrough: true }) response: Response,
  ) {
    const tree = await this.conversations.getTree(user.id, conversationId);
    response.setHeader('Content-Disposition', toDisposition(tree.title, format === 'json' ? 'json' : 'md'));
    if (format === 'json') return toAttuneExport(tree);
    response.type('text/markdown; charset=utf-8');
    return toMarkdown(tree);
  }

  @Post('import')
  @ApiRoute({
    summary:
      'Takes over conversations from a file of Attune, ChatGPT or Open WebUI, or from a Markdown document as `{format: "markdown", text}`: all of them, or none',
    response: z.array(conversationSummarySchema),
    status: 201,
  })
  import(
    @CurrentUser() user: User,
    @Body({ schema: z.unknown() }) file: unknown,
  ): Promise<ConversationSummary[]> {
    return this.importing.import(user.id, file);
  }
}

import { Controller, Get, Param, Post, Query, Req, Res, StreamableFile } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  importPromptSetSchema,
  maxPromptFileBytes,
  promptSetSchema,
  type ImportPromptSet,
  type PromptSet,
} from '../../common/contracts/prompt-sets.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { toDisposition } from '../chat/transfer/markdown-file.js';
import { ApiRoute } from '../openapi/api-route.js';
import type { AppRequest } from '../platform/request.js';
import { limitSize } from '../platform/size-limit.js';
import { PromptFileService } from './prompt-file.service.js';

const mediaType = 'application/x-ndjson';

@Controller('api/prompt-sets')
@Roles('admin')
export class PromptFilesController {
  constructor(private readonly files: PromptFileService) {}

  @Post('import')
  @ApiRoute({
    summary: 'Makes a prompt set of a JSONL file: of all of it, or of nothing',
    upload: 'application/octet-stream',
    response: promptSetSchema,
    status: 201,
  })
  import(
    @CurrentUser() user: User,
    @Query({ schema: importPromptSetSchema }) query: ImportPromptSet,
    @Req() request: AppRequest,
  ): Promise<PromptSet> {
    return this.files.import(limitSize(request, maxPromptFileBytes), query, user.id);
  }

  @Get(':id/export')
  @ApiRoute({ summary: 'Gives a prompt set as JSONL', response: z.string(), mediaType })
  async export(
    @Param('id', { schema: z.uuid() }) setId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile> {
    const { name, content } = await this.files.export(setId);
    response.setHeader('Content-Disposition', toDisposition(name, 'jsonl'));
    // Cutting it off tells the client that it is not complete.
    return new StreamableFile(content, { type: mediaType }).setErrorHandler((error) =>
      response.destroy(error),
    );
  }
}

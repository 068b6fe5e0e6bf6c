import { Controller, Delete, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { DownloadService } from './download.service.js';

const id = { schema: z.uuid() };

@Controller('api/downloads')
@Roles('admin')
export class DownloadsController {
  constructor(private readonly downloads: DownloadService) {}

  @Delete(':id')
  @ApiRoute({ summary: 'Stops fetching a model; what was received stays for a resume', response: null })
  cancel(@Param('id', id) downloadId: string): Promise<void> {
    return this.downloads.cancel(downloadId);
  }

  @Post(':id/forget')
  @ApiRoute({ summary: 'Drops a model that did not arrive, with what was received of it', response: null })
  forget(@Param('id', id) downloadId: string): Promise<void> {
    return this.downloads.forget(downloadId);
  }

  @Post(':id/resume')
  @ApiRoute({ summary: 'Goes on fetching a model', response: null })
  resume(@Param('id', id) downloadId: string): Promise<void> {
    return this.downloads.resume(downloadId);
  }
}

import { Controller, Get, Param, Post, Query, Req, Res, StreamableFile } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import type { User } from '../../../common/contracts/accounts.js';
import {
  datasetSchema,
  downloadDatasetSchema,
  exportFeedbackSchema,
  maxUploadBytes,
  uploadDatasetSchema,
  type Dataset,
  type DownloadDataset,
  type ExportFeedback,
  type UploadDataset,
} from '../../../common/contracts/datasets.js';
import { CurrentUser, Roles } from '../../auth/access.js';
import { toDisposition } from '../../chat/transfer/markdown-file.js';
import { ApiRoute } from '../../openapi/api-route.js';
import type { AppRequest } from '../../platform/request.js';
import { limitSize } from '../../platform/size-limit.js';
import { toDataset } from '../dataset-rows.js';
import { ExportService, type ExportedFile } from './export.service.js';
import { UploadService } from './upload.service.js';

const id = { schema: z.uuid() };
const file = {
  response: z.string(),
  mediaType: 'application/x-ndjson',
  alternatives: { 'text/csv': z.string() },
};

@Controller('api')
@Roles('admin')
export class DatasetTransferController {
  constructor(
    private readonly exporting: ExportService,
    private readonly uploading: UploadService,
  ) {}

  @Post('datasets/upload')
  @ApiRoute({
    summary: 'Makes a dataset of a file: of all of it, or of nothing',
    upload: 'application/octet-stream',
    response: datasetSchema,
    status: 201,
  })
  async upload(
    @CurrentUser() user: User,
    @Query({ schema: uploadDatasetSchema }) query: UploadDataset,
    @Req() request: AppRequest,
  ): Promise<Dataset> {
    return toDataset(await this.uploading.upload(limitSize(request, maxUploadBytes), query, user.id));
  }

  @Get('datasets/:id/download')
  @ApiRoute({ summary: 'Gives rows of a dataset as a file', ...file })
  async download(
    @Param('id', id) datasetId: string,
    @Query({ schema: downloadDatasetSchema }) query: DownloadDataset,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile> {
    return toStream(await this.exporting.exportDataset(datasetId, query), response);
  }

  @Get('feedback/export')
  @ApiRoute({
    summary: 'Gives a selection of the feedback that may be used for training as a file of rows',
    ...file,
  })
  export(
    @Query({ schema: exportFeedbackSchema }) query: ExportFeedback,
    @Res({ passthrough: true }) response: Response,
  ): StreamableFile {
    return toStream(this.exporting.exportFeedback(query), response);
  }
}

function toStream({ name, mediaType, content }: ExportedFile, response: Response): StreamableFile {
  const dot = name.lastIndexOf('.');
  response.setHeader('Content-Disposition', toDisposition(name.slice(0, dot), name.slice(dot + 1)));
  // Cutting it off tells the client that it is not complete.
  return new StreamableFile(content, { type: mediaType }).setErrorHandler((error) => response.destroy(error));
}

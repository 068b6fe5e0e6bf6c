import { Module } from '@nestjs/common';
import { DatasetDiffService } from './dataset-diff.service.js';
import { DatasetService } from './dataset.service.js';
import { DatasetsController } from './datasets.controller.js';
import { DatasetWriter } from './snapshot/dataset-writer.service.js';
import { DatasetErasure } from './snapshot/erasure.service.js';
import { FreezeService } from './snapshot/freeze.service.js';
import { ExportService } from './transfer/export.service.js';
import { DatasetTransferController } from './transfer/transfer.controller.js';
import { UploadService } from './transfer/upload.service.js';

/** From what people said to what a run learns from. */
@Module({
  // The transfer's fixed paths come before the other's `:id`.
  controllers: [DatasetTransferController, DatasetsController],
  providers: [
    DatasetService,
    DatasetDiffService,
    DatasetWriter,
    DatasetErasure,
    FreezeService,
    ExportService,
    UploadService,
  ],
  exports: [DatasetErasure, DatasetService, FreezeService],
})
export class DatasetsModule {}

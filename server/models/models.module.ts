import { Module } from '@nestjs/common';
import { CatalogueController } from './catalogue.controller.js';
import { DownloadService } from './download.service.js';
import { DownloadsController } from './downloads.controller.js';
import { ModelService } from './model.service.js';
import { ModelsController } from './models.controller.js';
import { ModelsQueue } from './models.queue.js';

/** The shelf of models: what is here, what can be fetched, which one is the default. */
@Module({
  controllers: [ModelsController, CatalogueController, DownloadsController],
  providers: [ModelService, DownloadService, ModelsQueue],
  exports: [ModelService],
})
export class ModelsModule {}

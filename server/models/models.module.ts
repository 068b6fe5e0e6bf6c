import { Module } from '@nestjs/common';
import { CatalogueController } from './catalogue.controller.js';
import { DownloadService } from './download.service.js';
import { DownloadsController } from './downloads.controller.js';
import { ModelService } from './model.service.js';
import { ModelsController } from './models.controller.js';
import { ModelsQueue } from './models.queue.js';
import { ServingService } from './serving.service.js';

/** The shelf of models: what is here, what can be fetched, which one is the default and whether it answers. */
@Module({
  controllers: [ModelsController, CatalogueController, DownloadsController],
  providers: [ModelService, ServingService, DownloadService, ModelsQueue],
  exports: [ModelService, ServingService],
})
export class ModelsModule {}

import { Module } from '@nestjs/common';
import { LineageGraphs } from './lineage-graph.service.js';
import { LineageController } from './lineage.controller.js';
import { ModelCards } from './model-card.service.js';
import { VersionLineages } from './version-lineage.service.js';

/** Where versions come from. */
@Module({
  controllers: [LineageController],
  providers: [VersionLineages, LineageGraphs, ModelCards],
})
export class LineageModule {}

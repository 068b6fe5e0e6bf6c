import { Controller, Get, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import {
  learnerSchema,
  versionLineageSchema,
  type Learner,
  type VersionLineage,
} from '../../common/contracts/lineage.js';
import { Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { ModelCards } from './model-card.service.js';
import { VersionLineages } from './version-lineage.service.js';

const id = { schema: z.uuid() };

@Controller('api')
@Roles('admin')
export class LineageController {
  constructor(
    private readonly lineages: VersionLineages,
    private readonly cards: ModelCards,
  ) {}

  @Get('versions/:id/lineage')
  @ApiRoute({
    summary: 'Tells where a version comes from and what came of it',
    response: versionLineageSchema,
  })
  get(@Param('id', id) versionId: string): Promise<VersionLineage> {
    return this.lineages.get(versionId);
  }

  @Get('versions/:id/card')
  @ApiRoute({ summary: "Gives a version's model card", response: z.string(), mediaType: 'text/markdown' })
  async writeCard(
    @Param('id', id) versionId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const { fileName, card } = await this.cards.write(versionId);
    response.attachment(fileName).type('text/markdown; charset=utf-8');
    return card;
  }

  @Get('datasets/:id/versions')
  @ApiRoute({
    summary: 'Lists the versions that learnt from a dataset, the newest first',
    response: z.array(learnerSchema),
  })
  listOfDataset(@Param('id', id) datasetId: string): Promise<Learner[]> {
    return this.lineages.listOfDataset(datasetId);
  }
}

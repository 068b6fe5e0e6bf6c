import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  datasetDiffSchema,
  datasetItemSchema,
  datasetItemsQuerySchema,
  datasetPreviewSchema,
  datasetSchema,
  freezeDatasetSchema,
  previewDatasetSchema,
  type Dataset,
  type DatasetDiff,
  type DatasetItem,
  type DatasetItemsQuery,
  type DatasetPreview,
  type FreezeDataset,
  type PreviewDataset,
} from '../../common/contracts/datasets.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { DatasetDiffService } from './dataset-diff.service.js';
import { toDataset } from './dataset-rows.js';
import { DatasetService } from './dataset.service.js';
import { FreezeService } from './snapshot/freeze.service.js';

const id = { schema: z.uuid() };
const listQuerySchema = z.strictObject({ eventId: z.uuid().optional() });

@Controller('api/datasets')
@Roles('admin')
export class DatasetsController {
  constructor(
    private readonly datasets: DatasetService,
    private readonly freezing: FreezeService,
    private readonly diffs: DatasetDiffService,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the datasets, the newest first; of an event, those that it went into',
    response: z.array(datasetSchema),
  })
  list(@Query({ schema: listQuerySchema }) query: z.infer<typeof listQuerySchema>): Promise<Dataset[]> {
    return this.datasets.list(query);
  }

  @Post('preview')
  @ApiRoute({
    summary: 'Says what freezing a selection would give',
    response: datasetPreviewSchema,
    status: 200,
  })
  preview(@Body({ schema: previewDatasetSchema }) body: PreviewDataset): Promise<DatasetPreview> {
    return this.freezing.preview(body);
  }

  @Post()
  @ApiRoute({
    summary: 'Freezes a selection of the feedback as the next version of a dataset',
    response: datasetSchema,
    status: 201,
  })
  async freeze(
    @CurrentUser() user: User,
    @Body({ schema: freezeDatasetSchema }) body: FreezeDataset,
  ): Promise<Dataset> {
    return toDataset(await this.freezing.freeze(body, { createdBy: user.id }));
  }

  @Get(':id')
  @ApiRoute({ summary: 'Gives a dataset with its figures', response: datasetSchema })
  get(@Param('id', id) datasetId: string): Promise<Dataset> {
    return this.datasets.get(datasetId);
  }

  @Get(':id/items')
  @ApiRoute({
    summary: 'Lists rows of a dataset with the events they go back to',
    response: z.array(datasetItemSchema),
  })
  listItems(
    @Param('id', id) datasetId: string,
    @Query({ schema: datasetItemsQuerySchema }) query: DatasetItemsQuery,
  ): Promise<DatasetItem[]> {
    return this.datasets.listItems(datasetId, query);
  }

  @Get(':id/diff/:newerId')
  @ApiRoute({ summary: 'Says what another dataset has more and less', response: datasetDiffSchema })
  diff(@Param('id', id) datasetId: string, @Param('newerId', id) newerId: string): Promise<DatasetDiff> {
    return this.diffs.compare(datasetId, newerId);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Deletes a dataset and its files', response: null })
  delete(@Param('id', id) datasetId: string): Promise<void> {
    return this.datasets.delete(datasetId);
  }
}

import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  addModelSchema,
  downloadSchema,
  modelListSchema,
  type AddModel,
  type Download,
  type ModelList,
} from '../../common/contracts/models.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { DownloadService } from './download.service.js';
import { ModelService } from './model.service.js';
import { ServingService } from './serving.service.js';

const id = { schema: z.uuid() };

@Controller('api/models')
export class ModelsController {
  constructor(
    private readonly models: ModelService,
    private readonly serving: ServingService,
    private readonly downloads: DownloadService,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the models that are here and the versions that can answer, and says whether one does now',
    response: modelListSchema,
  })
  async list(@CurrentUser() user: User): Promise<ModelList> {
    const [shelf, serving] = await Promise.all([this.models.list(), this.serving.findFor(user)]);
    return { ...shelf, serving };
  }

  @Post()
  @Roles('admin')
  @ApiRoute({ summary: 'Starts fetching a model', response: downloadSchema, status: 202 })
  add(@Body({ schema: addModelSchema }) body: AddModel): Promise<Download> {
    return this.downloads.create(body);
  }

  @Post(':id/default')
  @Roles('admin')
  @ApiRoute({ summary: 'Makes a model the one that answers when none is chosen', response: null })
  setDefault(@Param('id', id) modelId: string): Promise<void> {
    return this.models.setDefault(modelId);
  }

  @Delete(':id')
  @Roles('admin')
  @ApiRoute({ summary: 'Deletes a model, its versions and its file', response: null })
  delete(@Param('id', id) modelId: string): Promise<void> {
    return this.models.delete(modelId);
  }
}

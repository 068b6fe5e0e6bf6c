import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { z } from 'zod';
import { repositoryRoot } from '../../common/config/repository.js';
import { Public } from '../auth/access.js';
import { ApiRoute } from './api-route.js';
import { toOpenApiDocument } from './document.js';
import { listRoutes } from './route-table.js';

const packageSchema = z.object({ version: z.string() });
const { version } = packageSchema.parse(
  JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8')),
);

@Controller('api/openapi.json')
@Public()
export class OpenApiController {
  private document: Record<string, unknown> | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  @Get()
  @ApiRoute({ summary: 'Describes this interface', response: z.looseObject({ openapi: z.literal('3.1.0') }) })
  getDocument(): Record<string, unknown> {
    return (this.document ??= toOpenApiDocument(listRoutes(this.modules), version));
  }
}

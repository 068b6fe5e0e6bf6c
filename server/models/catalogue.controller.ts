import { Controller, Get } from '@nestjs/common';
import { catalogueSchema, type CatalogueView } from '../../common/contracts/models.js';
import { Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { DownloadService } from './download.service.js';

@Controller('api/catalogue')
@Roles('admin')
export class CatalogueController {
  constructor(private readonly downloads: DownloadService) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the models that can be fetched and the downloads under way',
    response: catalogueSchema,
  })
  view(): Promise<CatalogueView> {
    return this.downloads.viewCatalogue();
  }
}

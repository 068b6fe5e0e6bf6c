import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import { searchHitSchema, searchSchema, type SearchHit } from '../../common/contracts/conversations.js';
import { CurrentUser } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { SearchService } from './search.service.js';

@Controller('api/search')
export class SearchController {
  constructor(private readonly searching: SearchService) {}

  @Get()
  @ApiRoute({ summary: 'Finds what was said in your conversations', response: z.array(searchHitSchema) })
  search(
    @CurrentUser() user: User,
    @Query({ schema: searchSchema }) { q }: z.infer<typeof searchSchema>,
  ): Promise<SearchHit[]> {
    return this.searching.search(user.id, q);
  }
}

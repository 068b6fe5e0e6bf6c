import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import {
  apiKeySchema,
  createdApiKeySchema,
  createKeySchema,
  type ApiKey,
  type CreatedApiKey,
  type User,
} from '../../common/contracts/accounts.js';
import { ApiRoute } from '../openapi/api-route.js';
import { CurrentUser } from './access.js';
import { ApiKeyService } from './api-key.service.js';

@Controller('api/keys')
export class ApiKeyController {
  constructor(private readonly keys: ApiKeyService) {}

  @Get()
  @ApiRoute({ summary: "Lists one's own API keys", response: z.array(apiKeySchema) })
  list(@CurrentUser() user: User): Promise<ApiKey[]> {
    return this.keys.listKeys(user.id);
  }

  @Post()
  @ApiRoute({
    summary: 'Makes an API key and shows it, this once',
    response: createdApiKeySchema,
    status: 201,
  })
  create(
    @CurrentUser() user: User,
    @Body({ schema: createKeySchema }) body: z.infer<typeof createKeySchema>,
  ): Promise<CreatedApiKey> {
    return this.keys.createKey(user.id, body.name);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Revokes an API key', response: null })
  delete(@CurrentUser() user: User, @Param('id', { schema: z.uuid() }) id: string): Promise<void> {
    return this.keys.deleteKey(user.id, id);
  }
}

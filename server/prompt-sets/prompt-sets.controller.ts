import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  changePromptSetSchema,
  copyPromptSetSchema,
  newPromptSchema,
  newPromptSetSchema,
  promptPageQuerySchema,
  promptSchema,
  promptSetSchema,
  type ChangePromptSet,
  type CopyPromptSet,
  type NewPrompt,
  type NewPromptSet,
  type Prompt,
  type PromptPageQuery,
  type PromptSet,
} from '../../common/contracts/prompt-sets.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { PromptSetService } from './prompt-set.service.js';

const id = { schema: z.uuid() };

@Controller('api')
@Roles('admin')
export class PromptSetsController {
  constructor(private readonly sets: PromptSetService) {}

  @Get('prompt-sets')
  @ApiRoute({ summary: 'Lists the prompt sets', response: z.array(promptSetSchema) })
  list(): Promise<PromptSet[]> {
    return this.sets.list();
  }

  @Post('prompt-sets')
  @ApiRoute({ summary: 'Makes a prompt set without prompts', response: promptSetSchema, status: 201 })
  create(
    @CurrentUser() user: User,
    @Body({ schema: newPromptSetSchema }) body: NewPromptSet,
  ): Promise<PromptSet> {
    return this.sets.create(body, user.id);
  }

  @Get('prompt-sets/:id')
  @ApiRoute({ summary: 'Gives a prompt set', response: promptSetSchema })
  get(@Param('id', id) setId: string): Promise<PromptSet> {
    return this.sets.get(setId);
  }

  @Patch('prompt-sets/:id')
  @ApiRoute({ summary: 'Changes name, purpose or description of a prompt set', response: promptSetSchema })
  change(
    @Param('id', id) setId: string,
    @Body({ schema: changePromptSetSchema }) body: ChangePromptSet,
  ): Promise<PromptSet> {
    return this.sets.change(setId, body);
  }

  @Delete('prompt-sets/:id')
  @ApiRoute({ summary: 'Deletes a prompt set and its prompts', response: null })
  delete(@Param('id', id) setId: string): Promise<void> {
    return this.sets.delete(setId);
  }

  @Post('prompt-sets/:id/copy')
  @ApiRoute({ summary: 'Copies a prompt set under another name', response: promptSetSchema, status: 201 })
  copy(
    @CurrentUser() user: User,
    @Param('id', id) setId: string,
    @Body({ schema: copyPromptSetSchema }) { name }: CopyPromptSet,
  ): Promise<PromptSet> {
    return this.sets.copy(setId, name, user.id);
  }

  @Get('prompt-sets/:id/prompts')
  @ApiRoute({ summary: 'Lists prompts of a set', response: z.array(promptSchema) })
  listPrompts(
    @Param('id', id) setId: string,
    @Query({ schema: promptPageQuerySchema }) query: PromptPageQuery,
  ): Promise<Prompt[]> {
    return this.sets.listPrompts(setId, query);
  }

  @Post('prompt-sets/:id/prompts')
  @ApiRoute({ summary: 'Adds a prompt to a set', response: promptSchema, status: 201 })
  addPrompt(
    @Param('id', id) setId: string,
    @Body({ schema: newPromptSchema }) body: NewPrompt,
  ): Promise<Prompt> {
    return this.sets.addPrompt(setId, body);
  }

  @Put('prompts/:id')
  @ApiRoute({ summary: 'Replaces a prompt and its checks', response: promptSchema })
  changePrompt(
    @Param('id', id) promptId: string,
    @Body({ schema: newPromptSchema }) body: NewPrompt,
  ): Promise<Prompt> {
    return this.sets.changePrompt(promptId, body);
  }

  @Delete('prompts/:id')
  @ApiRoute({ summary: 'Takes a prompt out of its set', response: null })
  deletePrompt(@Param('id', id) promptId: string): Promise<void> {
    return this.sets.deletePrompt(promptId);
  }
}

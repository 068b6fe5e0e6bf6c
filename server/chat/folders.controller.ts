import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import { folderSchema, folderViewSchema, type Folder } from '../../common/contracts/conversations.js';
import { CurrentUser } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { FolderService } from './folder.service.js';

const id = { schema: z.uuid() };
const body = { schema: folderSchema };
type FolderBody = z.infer<typeof folderSchema>;

@Controller('api/folders')
export class FoldersController {
  constructor(private readonly folders: FolderService) {}

  @Get()
  @ApiRoute({ summary: 'Lists your folders', response: z.array(folderViewSchema) })
  list(@CurrentUser() user: User): Promise<Folder[]> {
    return this.folders.list(user.id);
  }

  @Post()
  @ApiRoute({ summary: 'Makes a folder', response: folderViewSchema, status: 201 })
  create(@CurrentUser() user: User, @Body(body) input: FolderBody): Promise<Folder> {
    return this.folders.create(user.id, input);
  }

  @Patch(':id')
  @ApiRoute({ summary: 'Renames or moves a folder', response: folderViewSchema })
  update(
    @CurrentUser() user: User,
    @Param('id', id) folderId: string,
    @Body(body) input: FolderBody,
  ): Promise<Folder> {
    return this.folders.update(user.id, folderId, input);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Removes a folder; its conversations stay', response: null })
  delete(@CurrentUser() user: User, @Param('id', id) folderId: string): Promise<void> {
    return this.folders.delete(user.id, folderId);
  }
}

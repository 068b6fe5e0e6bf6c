import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import type { Folder, folderSchema } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';
import { FolderEntity } from '../../common/database/folder.entity.js';

type FolderInput = z.infer<typeof folderSchema>;

@Injectable()
export class FolderService {
  constructor(private readonly db: DataSource) {}

  async list(userId: string): Promise<Folder[]> {
    const rows = await this.db.manager.find(FolderEntity, {
      where: { userId },
      order: { position: 'ASC', createdAt: 'ASC' },
    });
    return rows.map(toFolder);
  }

  async create(userId: string, input: FolderInput): Promise<Folder> {
    const id = randomUUID();
    await this.db.manager.insert(FolderEntity, { ...input, id, userId });
    return { id, ...input };
  }

  async update(userId: string, id: string, input: FolderInput): Promise<Folder> {
    const { affected } = await this.db.manager.update(FolderEntity, { id, userId }, input);
    if (!affected) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'folder' });
    return { id, ...input };
  }

  /** Its conversations stay, unfiled. */
  async delete(userId: string, id: string): Promise<void> {
    const { affected } = await this.db.manager.delete(FolderEntity, { id, userId });
    if (!affected) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'folder' });
  }
}

function toFolder({ id, name, position }: FolderEntity): Folder {
  return { id, name, position };
}

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { ApiKey, CreatedApiKey, User } from '../../common/contracts/accounts.js';
import { AppError } from '../../common/contracts/errors.js';
import { ApiKeyEntity } from '../../common/database/api-key.entity.js';
import { drawToken, hashToken } from './token.js';
import { toUser } from './user.service.js';

const keyStart = 'sk-attune-';
/** Enough to tell keys apart, of no use to guess one. */
const shownCharacters = keyStart.length + 5;
const lastUsedEveryMs = 60_000;

export interface FoundKey {
  id: string;
  user: User;
}

@Injectable()
export class ApiKeyService {
  constructor(@InjectRepository(ApiKeyEntity) private readonly keys: Repository<ApiKeyEntity>) {}

  async listKeys(userId: string): Promise<ApiKey[]> {
    return (await this.keys.find({ where: { userId }, order: { createdAt: 'ASC' } })).map(toApiKey);
  }

  /** @returns the key itself too, this once */
  async createKey(userId: string, name: string): Promise<CreatedApiKey> {
    const key = keyStart + drawToken();
    const id = randomUUID();
    await this.keys.insert({
      id,
      userId,
      name,
      prefix: key.slice(0, shownCharacters),
      keyHash: hashToken(key),
    });
    return { ...toApiKey(await this.keys.findOneByOrFail({ id })), key };
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` for a key that is not this person's */
  async deleteKey(userId: string, id: string): Promise<void> {
    const { affected } = await this.keys.delete({ id, userId });
    if (!affected) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'API key' });
  }

  /**
   * @param authorization  the request's header, `Bearer KEY`
   * @throws AppError `ACCOUNT_KEY_INVALID` when it opens no account
   */
  async getKey(authorization: string | undefined): Promise<FoundKey> {
    const given = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    // Every request asks: `findOne` would send two statements for the one row that a hash can have.
    const [key] = given
      ? await this.keys.find({
          where: { keyHash: hashToken(given), user: { disabled: false } },
          relations: { user: true },
        })
      : [];
    if (!key) throw new AppError('ACCOUNT_KEY_INVALID');
    if (Date.now() - (key.lastUsedAt?.getTime() ?? 0) > lastUsedEveryMs)
      await this.keys.update(key.id, { lastUsedAt: new Date() });
    return { id: key.id, user: toUser(key.user) };
  }
}

function toApiKey(key: ApiKeyEntity): ApiKey {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
  };
}

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { VersionPin } from '../../common/contracts/canaries.js';
import { AppError } from '../../common/contracts/errors.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { UserEntity } from '../../common/database/user.entity.js';
import { VersionPinEntity } from '../../common/database/version-pin.entity.js';
import { getVersion } from '../evaluations/version-standing.service.js';

/** Who stays on which version, whatever goes live. */
@Injectable()
export class VersionPinService {
  constructor(private readonly db: DataSource) {}

  /** @returns null for a person who follows what is live */
  async find(userId: string): Promise<VersionPin | null> {
    const pin = await this.db.manager.findOneBy(VersionPinEntity, { userId });
    if (!pin) return null;
    const { versionId, versionName } = pin;
    const isHere = await this.db.manager.existsBy(ModelVersionEntity, { id: versionId });
    return { versionId, versionName, isGone: !isHere };
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` for a person or a version that is not here */
  async set(userId: string, versionId: string): Promise<VersionPin> {
    const { name } = await getVersion(this.db.manager, versionId);
    if (!(await this.db.manager.existsBy(UserEntity, { id: userId })))
      throw new AppError('RESOURCE_NOT_FOUND', { resource: 'user' });
    await this.db.manager.upsert(VersionPinEntity, { userId, versionId, versionName: name }, ['userId']);
    return { versionId, versionName: name, isGone: false };
  }

  /** Done twice it does the same. */
  async remove(userId: string): Promise<void> {
    await this.db.manager.delete(VersionPinEntity, { userId });
  }
}

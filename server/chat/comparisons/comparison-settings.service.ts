import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import {
  comparisonSettingsSchema,
  type Candidates,
  type ComparisonSettings,
} from '../../../common/contracts/comparisons.js';
import { AppError } from '../../../common/contracts/errors.js';
import { ModelVersionEntity } from '../../../common/database/model-version.entity.js';
import { SettingEntity } from '../../../common/database/setting.entity.js';

const settingKey = 'comparison';

/** People may ask for a comparison; the server offers none by itself until an admin says so. */
const initialSettings: ComparisonSettings = { share: 0, candidates: { type: 'seeds' } };

/** What is compared, and how often the server offers it. */
@Injectable()
export class ComparisonSettingsService {
  constructor(private readonly db: DataSource) {}

  /** @param manager  of the caller's transaction, which must not wait for a second connection while it holds locks */
  async get(manager: EntityManager = this.db.manager): Promise<ComparisonSettings> {
    const row = await manager.findOneBy(SettingEntity, { key: settingKey });
    return row ? comparisonSettingsSchema.parse(row.value) : initialSettings;
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` for a version that is not here */
  async replace(settings: ComparisonSettings): Promise<ComparisonSettings> {
    for (const id of listVersionIds(settings.candidates))
      if (!(await this.db.manager.existsBy(ModelVersionEntity, { id, isRewardModel: false })))
        throw new AppError('RESOURCE_NOT_FOUND', { resource: 'model version' });
    await this.db.manager.upsert(SettingEntity, { key: settingKey, value: settings }, ['key']);
    return settings;
  }
}

function listVersionIds(candidates: Candidates): string[] {
  switch (candidates.type) {
    case 'seeds':
      return [];
    case 'challenger':
      return [candidates.versionId];
    case 'pair':
      return [candidates.firstId, candidates.secondId];
  }
}

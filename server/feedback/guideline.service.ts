import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import { guidelinesSchema, type Guidelines } from '../../common/contracts/feedback.js';
import { SettingEntity } from '../../common/database/setting.entity.js';

const settingKey = 'feedback-guidelines';

/** What raters are asked to look at until an admin says otherwise. */
export const initialGuidelines: Guidelines = {
  version: 1,
  tags: [
    { key: 'helpful', applies: 'up', label: { en: 'Helpful', zh: '有帮助' } },
    { key: 'accurate', applies: 'up', label: { en: 'Accurate', zh: '准确' } },
    { key: 'well-written', applies: 'up', label: { en: 'Well written', zh: '表达清楚' } },
    { key: 'wrong', applies: 'down', label: { en: 'Wrong', zh: '有错误' } },
    { key: 'off-topic', applies: 'down', label: { en: 'Not what I asked', zh: '答非所问' } },
    { key: 'too-long', applies: 'down', label: { en: 'Too long', zh: '太长' } },
    { key: 'too-short', applies: 'down', label: { en: 'Too short', zh: '太短' } },
    { key: 'refused', applies: 'down', label: { en: 'Refused without reason', zh: '无故拒绝' } },
    { key: 'unsafe', applies: 'down', label: { en: 'Unsafe', zh: '不安全' } },
    { key: 'more-accurate', applies: 'comparison', label: { en: 'More accurate', zh: '更准确' } },
    { key: 'clearer', applies: 'comparison', label: { en: 'Clearer', zh: '更清楚' } },
    { key: 'follows-request', applies: 'comparison', label: { en: 'Does what I asked', zh: '更符合要求' } },
    { key: 'better-tone', applies: 'comparison', label: { en: 'Better tone', zh: '语气更好' } },
  ],
  criteria: [
    { key: 'helpful', label: { en: 'Helpful', zh: '有帮助' } },
    { key: 'truthful', label: { en: 'Truthful', zh: '真实' } },
    { key: 'safe', label: { en: 'Safe', zh: '安全' } },
  ],
};

/** The admin's list of reasons and criteria; every change is a new version, which the events name. */
@Injectable()
export class GuidelineService {
  constructor(private readonly db: DataSource) {}

  /** @param manager  of the caller's transaction, which must not wait for a second connection while it holds locks */
  async get(manager: EntityManager = this.db.manager): Promise<Guidelines> {
    const row = await manager.findOneBy(SettingEntity, { key: settingKey });
    return row ? guidelinesSchema.parse(row.value) : initialGuidelines;
  }

  /** @throws AppError `FEEDBACK_TAG_UNKNOWN` naming those that are not offered for this use */
  async assertTags(tags: readonly string[], use: Guidelines['tags'][number]['applies']): Promise<void> {
    const offered = (await this.get()).tags.filter(({ applies }) => applies === use);
    const [unknown, known] = split(tags, offered);
    if (unknown.length > 0) throw new AppError('FEEDBACK_TAG_UNKNOWN', { tags: unknown, known });
  }

  /** @throws AppError `FEEDBACK_CRITERION_UNKNOWN` */
  async assertCriteria(criteria: readonly string[]): Promise<void> {
    const [unknown, known] = split(criteria, (await this.get()).criteria);
    if (unknown.length > 0) throw new AppError('FEEDBACK_CRITERION_UNKNOWN', { criteria: unknown, known });
  }

  async replace(lists: Omit<Guidelines, 'version'>): Promise<Guidelines> {
    return this.db.transaction(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [settingKey]);
      const row = await manager.findOneBy(SettingEntity, { key: settingKey });
      const version = (row ? guidelinesSchema.parse(row.value).version : initialGuidelines.version) + 1;
      const value = { ...lists, version };
      await manager.upsert(SettingEntity, { key: settingKey, value }, ['key']);
      return value;
    });
  }
}

/** @returns the keys that are not offered, and those that are */
function split(keys: readonly string[], offered: readonly { key: string }[]): [string[], string[]] {
  const known = offered.map(({ key }) => key);
  return [keys.filter((key) => !known.includes(key)), known];
}

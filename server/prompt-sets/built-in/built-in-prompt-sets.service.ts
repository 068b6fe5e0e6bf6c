import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PromptSetEntity } from '../../../common/database/prompt-set.entity.js';
import { SettingEntity } from '../../../common/database/setting.entity.js';
import { appendPrompts } from '../prompt-rows.js';
import { builtInPromptSets } from './built-in-prompt-sets.js';

/** Which of them this installation has had; one that an admin deleted does not come back. */
const settingKey = 'prompt-sets.built-in';

/** Brings the sets that come with Attune, once; from then on they are the admin's. */
@Injectable()
export class BuiltInPromptSets implements OnApplicationBootstrap {
  constructor(private readonly db: DataSource) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.db.transaction(async (manager) => {
      // Several servers may start at once.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtext($1))`, [settingKey]);
      const row = await manager.findOneBy(SettingEntity, { key: settingKey });
      const had = Array.isArray(row?.value) ? row.value.map(String) : [];
      const missing = Object.entries(builtInPromptSets).filter(([key]) => !had.includes(key));
      for (const [, { prompts, ...set }] of missing) {
        const id = randomUUID();
        await manager.insert(PromptSetEntity, { ...set, id, isBuiltIn: true });
        await appendPrompts(manager, id, prompts);
      }
      const value = [...had, ...missing.map(([key]) => key)];
      if (missing.length > 0) await manager.upsert(SettingEntity, { key: settingKey, value }, ['key']);
    });
  }
}

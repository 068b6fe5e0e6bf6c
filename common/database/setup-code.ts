/** The code that makes the first admin: printed by the launcher, asked for by `POST /api/auth/setup`, of no use once there is an admin. */
import { randomInt } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { SettingEntity } from './setting.entity.js';
import { UserEntity } from './user.entity.js';

const settingKey = 'setup-code';
/** Without the characters that people mistake for others. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const codeLength = 16;

/** @returns true while nobody has an admin account */
export async function isSetupNeeded(db: DataSource | EntityManager): Promise<boolean> {
  return !(await db.getRepository(UserEntity).existsBy({ role: 'admin' }));
}

/**
 * The same code on every call and in every process, until an admin exists.
 *
 * @returns the code, four groups of four; null when there is an admin already
 */
export async function getOrCreateSetupCode(db: DataSource | EntityManager): Promise<string | null> {
  if (!(await isSetupNeeded(db))) return null;
  const settings = db.getRepository(SettingEntity);
  await settings
    .createQueryBuilder()
    .insert()
    .values({ key: settingKey, value: drawCode() })
    .orIgnore()
    .execute();
  const setting = await settings.findOneByOrFail({ key: settingKey });
  return z.string().parse(setting.value);
}

/** Forgets the code, once it has been used. */
export async function deleteSetupCode(db: DataSource | EntityManager): Promise<void> {
  await db.getRepository(SettingEntity).delete({ key: settingKey });
}

function drawCode(): string {
  const characters = Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)] ?? '');
  return characters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

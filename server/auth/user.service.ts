import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, QueryFailedError, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import type { Role, updateMeSchema, updateUserSchema, User } from '../../common/contracts/accounts.js';
import { AppError } from '../../common/contracts/errors.js';
import { SessionEntity } from '../../common/database/session.entity.js';
import { UserEntity } from '../../common/database/user.entity.js';
import { DatasetErasure } from '../datasets/snapshot/erasure.service.js';
import { hashPassword } from './password.js';

export interface NewUser {
  email: string;
  name: string;
  password: string;
  role: Role;
}

/** Accounts themselves. There is always an admin who can sign in, once there was one. */
@Injectable()
export class UserService {
  constructor(
    private readonly db: DataSource,
    private readonly datasets: DatasetErasure,
  ) {}

  async listUsers(): Promise<User[]> {
    return (await this.db.manager.find(UserEntity, { order: { createdAt: 'ASC' } })).map(toUser);
  }

  /** @throws AppError `ACCOUNT_EMAIL_TAKEN` */
  async createUser({ password, ...user }: NewUser, db: EntityManager = this.db.manager): Promise<User> {
    const id = randomUUID();
    const passwordHash = await hashPassword(password);
    try {
      await db.insert(UserEntity, { ...user, id, passwordHash });
    } catch (error) {
      if (isConstraintError(error, 'uq_users_email')) throw new AppError('ACCOUNT_EMAIL_TAKEN', {}, error);
      throw error;
    }
    return toUser(await db.findOneByOrFail(UserEntity, { id }));
  }

  /** What people change of their own account. */
  async updateMe(id: string, changes: z.infer<typeof updateMeSchema>): Promise<User> {
    if (Object.keys(changes).length > 0) await this.db.manager.update(UserEntity, id, changes);
    return toUser(await this.db.manager.findOneByOrFail(UserEntity, { id }));
  }

  /**
   * What admins change of anybody's.
   *
   * @throws AppError `RESOURCE_NOT_FOUND`, or `ACCOUNT_LAST_ADMIN` when nobody would be left to administer
   */
  async updateUser(id: string, changes: z.infer<typeof updateUserSchema>): Promise<User> {
    return this.db.transaction(async (db) => {
      const before = await getUser(db, id);
      const remainsAdmin =
        (changes.role ?? before.role) === 'admin' && !(changes.disabled ?? before.disabled);
      if (!remainsAdmin) await assertNotLastAdmin(db, id);
      if (Object.keys(changes).length > 0) await db.update(UserEntity, id, changes);
      // Enabled again, the account starts signed out everywhere.
      if (changes.disabled) await db.delete(SessionEntity, { userId: id });
      return getUser(db, id);
    });
  }

  /**
   * Erases the account with everything that belongs to it.
   *
   * @throws AppError `RESOURCE_NOT_FOUND`, or `ACCOUNT_LAST_ADMIN`
   */
  async deleteUser(id: string): Promise<void> {
    await this.db.transaction(async (db) => {
      await getUser(db, id);
      await assertNotLastAdmin(db, id);
      await db.delete(UserEntity, id);
    });
    await this.datasets.erasePerson(id);
  }
}

/** @throws AppError `ACCOUNT_LAST_ADMIN` when `id` is the one admin who can sign in; holds the admins' rows till the transaction ends */
async function assertNotLastAdmin(db: EntityManager, id: string): Promise<void> {
  const admins = await db.find(UserEntity, {
    where: { role: 'admin', disabled: false },
    // In one order, so that two of these at once do not wait for each other.
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  if (admins.length === 1 && admins[0]?.id === id) throw new AppError('ACCOUNT_LAST_ADMIN');
}

async function getUser(db: EntityManager, id: string): Promise<User> {
  const user = await db.findOneBy(UserEntity, { id });
  if (!user) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'account' });
  return toUser(user);
}

function isConstraintError(error: unknown, constraint: string): boolean {
  return (
    error instanceof QueryFailedError &&
    'constraint' in error.driverError &&
    error.driverError.constraint === constraint
  );
}

export function toUser(user: UserEntity): User {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    locale: user.locale,
    trainingConsent: user.trainingConsent,
    disabled: user.disabled,
    createdAt: user.createdAt.toISOString(),
  };
}

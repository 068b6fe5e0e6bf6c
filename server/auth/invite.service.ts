import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, MoreThan } from 'typeorm';
import type { z } from 'zod';
import type {
  acceptInviteSchema,
  createInviteSchema,
  CreatedInvite,
  Invite,
  User,
} from '../../common/contracts/accounts.js';
import { AppError } from '../../common/contracts/errors.js';
import { InviteEntity } from '../../common/database/invite.entity.js';
import { drawToken, hashToken } from './token.js';
import { UserService } from './user.service.js';

const dayMs = 86_400_000;

/** Links that make an account, each of them one. */
@Injectable()
export class InviteService {
  constructor(
    private readonly db: DataSource,
    private readonly users: UserService,
  ) {}

  async listInvites(): Promise<Invite[]> {
    return (await this.db.manager.find(InviteEntity, { order: { createdAt: 'DESC' } })).map(toInvite);
  }

  /** @returns the link too, this once */
  async createInvite({ role, days }: z.infer<typeof createInviteSchema>): Promise<CreatedInvite> {
    const token = drawToken();
    const id = randomUUID();
    const expiresAt = new Date(Date.now() + days * dayMs);
    await this.db.manager.insert(InviteEntity, { id, role, expiresAt, tokenHash: hashToken(token) });
    const invite = await this.db.manager.findOneByOrFail(InviteEntity, { id });
    return { ...toInvite(invite), path: `/invite/${token}` };
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async deleteInvite(id: string): Promise<void> {
    const { affected } = await this.db.manager.delete(InviteEntity, id);
    if (!affected) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'invitation' });
  }

  /** @throws AppError `ACCOUNT_INVITE_INVALID` or `ACCOUNT_EMAIL_TAKEN`; the latter leaves the invitation usable */
  async acceptInvite({ token, ...account }: z.infer<typeof acceptInviteSchema>): Promise<User> {
    return this.db.transaction(async (db) => {
      const invite = await db.findOne(InviteEntity, {
        where: { tokenHash: hashToken(token), usedAt: IsNull(), expiresAt: MoreThan(new Date()) },
        lock: { mode: 'pessimistic_write' },
      });
      if (!invite) throw new AppError('ACCOUNT_INVITE_INVALID');
      await db.update(InviteEntity, invite.id, { usedAt: new Date() });
      return this.users.createUser({ ...account, role: invite.role }, db);
    });
  }
}

function toInvite(invite: InviteEntity): Invite {
  return {
    id: invite.id,
    role: invite.role,
    createdAt: invite.createdAt.toISOString(),
    expiresAt: invite.expiresAt.toISOString(),
    usedAt: invite.usedAt?.toISOString() ?? null,
  };
}

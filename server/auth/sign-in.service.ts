import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import type {
  AuthState,
  changePasswordSchema,
  loginSchema,
  setupSchema,
  User,
} from '../../common/contracts/accounts.js';
import { AppError } from '../../common/contracts/errors.js';
import { deleteSetupCode, getOrCreateSetupCode, isSetupNeeded } from '../../common/database/setup-code.js';
import { UserEntity } from '../../common/database/user.entity.js';
import { RateLimiter } from '../platform/rate-limiter.service.js';
import type { ServerConfig } from '../platform/server-config.js';
import { CONFIG } from '../platform/tokens.js';
import { hashPassword, isPassword } from './password.js';
import { SessionService } from './session.service.js';
import { toUser, UserService } from './user.service.js';

/** Wrong passwords that an account takes before it has a rest. */
const accountLimit = { limit: 10, windowMs: 5 * 60_000 };
const lockKey = 4_210_938;

/** The ways into an account, other than an invitation. */
@Injectable()
export class SignInService implements OnApplicationBootstrap {
  constructor(
    private readonly db: DataSource,
    private readonly users: UserService,
    private readonly sessions: SessionService,
    private readonly limiter: RateLimiter,
    @Inject(CONFIG) private readonly config: ServerConfig,
  ) {}

  /** The first admin by environment: made once, never changed by it afterwards. */
  async onApplicationBootstrap(): Promise<void> {
    const { firstAdmin } = this.config;
    if (!firstAdmin || !(await isSetupNeeded(this.db))) return;
    await this.createFirstAdmin({ ...firstAdmin, email: firstAdmin.email.toLowerCase(), name: 'Admin' });
  }

  async getState(user: User | null): Promise<AuthState> {
    return { setupNeeded: user === null && (await isSetupNeeded(this.db)), user };
  }

  /**
   * The first admin by the code that the launcher printed.
   *
   * @throws AppError `ACCOUNT_SETUP_DONE` or `ACCOUNT_SETUP_CODE_WRONG`
   */
  async setUp({ code, ...account }: z.infer<typeof setupSchema>): Promise<User> {
    const expected = await getOrCreateSetupCode(this.db);
    if (expected === null) throw new AppError('ACCOUNT_SETUP_DONE');
    if (!isSameText(code.trim(), expected)) throw new AppError('ACCOUNT_SETUP_CODE_WRONG');
    const admin = await this.createFirstAdmin(account);
    if (!admin) throw new AppError('ACCOUNT_SETUP_DONE');
    return admin;
  }

  /** @throws AppError `ACCOUNT_CREDENTIALS_WRONG`, or `REQUEST_RATE_LIMITED` after too many of those */
  async signIn({ email, password }: z.infer<typeof loginSchema>): Promise<User> {
    await this.limiter.take(`sign-in:${email}`, accountLimit);
    const user = await this.findWithPassword({ email });
    const matches = await isPassword(password, user?.passwordHash ?? null);
    if (!user || !matches || user.disabled) throw new AppError('ACCOUNT_CREDENTIALS_WRONG');
    await this.limiter.clear(`sign-in:${email}`);
    return toUser(user);
  }

  /**
   * Ends every other session of the account.
   *
   * @throws AppError `ACCOUNT_CREDENTIALS_WRONG` when `current` is not the password
   */
  async changePassword(
    user: User,
    { current, password }: z.infer<typeof changePasswordSchema>,
    sessionId: string | null,
  ): Promise<void> {
    await this.limiter.take(`sign-in:${user.email}`, accountLimit);
    const stored = await this.findWithPassword({ id: user.id });
    if (!(await isPassword(current, stored?.passwordHash ?? null)))
      throw new AppError('ACCOUNT_CREDENTIALS_WRONG');
    await this.limiter.clear(`sign-in:${user.email}`);
    await this.db.manager.update(UserEntity, user.id, { passwordHash: await hashPassword(password) });
    await this.sessions.deleteSessionsOf(user.id, { except: sessionId ?? undefined });
  }

  /** @returns null when somebody else was first; two at once would both see that there is no admin */
  private createFirstAdmin(account: { email: string; name: string; password: string }): Promise<User | null> {
    return this.db.transaction(async (db) => {
      await db.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
      if (!(await isSetupNeeded(db))) return null;
      const admin = await this.users.createUser({ ...account, role: 'admin' }, db);
      await deleteSetupCode(db);
      return admin;
    });
  }

  private findWithPassword(where: { id: string } | { email: string }): Promise<UserEntity | null> {
    return this.db
      .getRepository(UserEntity)
      .createQueryBuilder('account')
      .addSelect('account.passwordHash')
      .where(where)
      .getOne();
  }
}

function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

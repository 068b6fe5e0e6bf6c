import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { parseCookie } from 'cookie';
import { LessThan, MoreThan, Not, type Repository } from 'typeorm';
import type { User } from '../../common/contracts/accounts.js';
import { SessionEntity } from '../../common/database/session.entity.js';
import { drawToken, hashToken } from './token.js';
import { toUser } from './user.service.js';

export const sessionCookieName = 'attune_session';
const dayMs = 86_400_000;
/** A session ends this long after it was last used. */
const sessionLifeMs = 30 * dayMs;
/** Prolonged at most this often, so that not every request writes. */
const prolongEveryMs = dayMs;

export interface FoundSession {
  id: string;
  user: User;
  /** What the cookie holds. */
  token: string;
  /** It ends later than it did: the cookie is to be set again, too. */
  isProlonged: boolean;
}

/** Who is signed in where. */
@Injectable()
export class SessionService {
  constructor(@InjectRepository(SessionEntity) private readonly sessions: Repository<SessionEntity>) {}

  /** @returns the token for the cookie; it exists nowhere else */
  async createSession(userId: string): Promise<string> {
    const token = drawToken();
    await this.sessions.insert({
      id: randomUUID(),
      userId,
      tokenHash: hashToken(token),
      expiresAt: new Date(Date.now() + sessionLifeMs),
    });
    // Signing in is rare enough to clear away what has ended.
    await this.sessions.delete({ expiresAt: LessThan(new Date()) });
    return token;
  }

  /**
   * @param cookieHeader  the request's `Cookie`, of HTTP or of the socket's upgrade
   * @returns null when it opens no session, or the account is disabled
   */
  async findSession(cookieHeader: string | undefined): Promise<FoundSession | null> {
    const token = cookieHeader && parseCookie(cookieHeader)[sessionCookieName];
    if (!token) return null;
    // Every request asks: `findOne` would send two statements for the one row that a hash can have.
    const [session] = await this.sessions.find({
      where: { tokenHash: hashToken(token), expiresAt: MoreThan(new Date()), user: { disabled: false } },
      relations: { user: true },
    });
    if (!session) return null;
    const expiresAt = new Date(Date.now() + sessionLifeMs);
    const isProlonged = expiresAt.getTime() - session.expiresAt.getTime() > prolongEveryMs;
    if (isProlonged) await this.sessions.update(session.id, { expiresAt });
    return { id: session.id, user: toUser(session.user), token, isProlonged };
  }

  async findUser(cookieHeader: string | undefined): Promise<User | null> {
    return (await this.findSession(cookieHeader))?.user ?? null;
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.sessions.delete(sessionId);
  }

  /** Signs the account out everywhere, or everywhere else. */
  async deleteSessionsOf(userId: string, { except }: { except?: string } = {}): Promise<void> {
    await this.sessions.delete({ userId, ...(except && { id: Not(except) }) });
  }
}

import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Express } from 'express';
import { In, MoreThan, type Repository } from 'typeorm';
import { InjectRepository } from '@nestjs/typeorm';
import { SessionEntity } from '../../../common/database/session.entity.js';
import { isOwnOrigin } from '../../auth/origin.js';
import { SessionService, type FoundSession } from '../../auth/session.service.js';

/** Who may open a socket, and who may keep it. */
@Injectable()
export class SocketAccess {
  private readonly admitted = new WeakMap<IncomingMessage, FoundSession>();

  constructor(
    private readonly http: HttpAdapterHost,
    private readonly sessionService: SessionService,
    @InjectRepository(SessionEntity) private readonly sessions: Repository<SessionEntity>,
  ) {}

  /** Asked once, at the upgrade. @returns the HTTP status to refuse it with, or null to let it in */
  async refuse(request: IncomingMessage): Promise<401 | 403 | null> {
    if (!isOwnOrigin(request, this.hostOf(request))) return 403;
    const session = await this.sessionService.findSession(request.headers.cookie);
    if (!session) return 401;
    this.admitted.set(request, session);
    return null;
  }

  /** The session that opened an admitted socket. */
  getSession(request: IncomingMessage): FoundSession {
    const session = this.admitted.get(request);
    if (!session) throw new Error('A socket was opened past its access check.');
    return session;
  }

  /** @returns those of `sessionIds` that have not expired, been signed out or been disabled since */
  async listOpen(sessionIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.sessions.find({
      select: { id: true },
      where: { id: In([...sessionIds]), expiresAt: MoreThan(new Date()), user: { disabled: false } },
    });
    return new Set(rows.map(({ id }) => id));
  }

  /** The host that the browser asked for: what a trusted proxy says, as Express decides for every other request. */
  private hostOf(request: IncomingMessage): string | undefined {
    const express = this.http.httpAdapter.getInstance<Express>();
    const trusts = express.get('trust proxy fn') as (address: string, hop: number) => boolean;
    const forwarded = request.headers['x-forwarded-host'];
    const isTrusted = trusts(request.socket.remoteAddress ?? '', 0);
    return isTrusted && typeof forwarded === 'string'
      ? forwarded.split(',')[0]?.trim()
      : request.headers.host;
  }
}

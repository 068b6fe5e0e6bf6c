/** Bodies are parsed before any guard asks who sends them, so that their size depends on it: a stranger's stays small. */
import { isUtf8 } from 'node:buffer';
import { BadRequestException } from '@nestjs/common';
import { json, type Request, type RequestHandler } from 'express';
import { AppError } from '../../common/contracts/errors.js';
import type { ApiKeyService } from '../auth/api-key.service.js';
import type { SessionService } from '../auth/session.service.js';

/** What signing in takes, many times over. */
const strangerBytes = 100_000;
/** A long conversation's prompt, escaped, with room to spare. */
const bodyLimit = '8mb';
/** Other programs' exports hold years of conversations in one file. */
const importLimit = '64mb';
const importPath = '/api/conversations/import';

export interface Doorkeepers {
  sessions: SessionService;
  keys: ApiKeyService;
}

/** Parses JSON. Whoever sends more than a stranger may, or does not say how much, needs a session, or below `/v1` a key. */
export function parseJsonBodies({ sessions, keys }: Doorkeepers): RequestHandler {
  const parseSmall = parseJson(strangerBytes);
  const parseUsual = parseJson(bodyLimit);
  const parseImport = parseJson(importLimit);

  const choose = async (request: Request): Promise<RequestHandler> => {
    // Who signs in has no session yet.
    if (isSmall(request) || request.path.startsWith('/api/auth/')) return parseSmall;
    if (request.path.startsWith('/v1/')) await keys.getKey(request.headers.authorization);
    else if (!(await sessions.findSession(request.headers.cookie)))
      throw new AppError('ACCOUNT_SIGN_IN_NEEDED');
    return request.path.startsWith(importPath) ? parseImport : parseUsual;
  };
  return (request, response, next) => {
    choose(request).then((parse) => parse(request, response, next), next);
  };
}

function isSmall({ headers }: Request): boolean {
  const isMeasured = !headers['transfer-encoding'] && !headers['content-encoding'];
  return isMeasured && Number(headers['content-length'] ?? 0) <= strangerBytes;
}

/** JSON that is UTF-8 throughout; Express would put replacement characters where it is not. */
function parseJson(limit: number | string): RequestHandler {
  return json({
    limit,
    verify: (_request, _response, body) => {
      if (!isUtf8(body)) throw new BadRequestException('the body is not UTF-8');
    },
  });
}

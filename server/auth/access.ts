/** What a route asks of whoever calls it. A route that says nothing needs a session. */
import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Role, User } from '../../common/contracts/accounts.js';
import { AppError } from '../../common/contracts/errors.js';
import type { AppRequest } from '../platform/request.js';

/** `public` for everyone, `session` for who is signed in, `key` for programs with an API key. */
export type Access = 'public' | 'session' | 'key';

export const accessMetadata = 'attune:access';
export const rolesMetadata = 'attune:roles';

/** Everyone may call this. */
export const Public = () => SetMetadata(accessMetadata, 'public' satisfies Access);
/** Takes an API key instead of a session. */
export const TakesKey = () => SetMetadata(accessMetadata, 'key' satisfies Access);
/** Only accounts with one of these roles may call this. */
export const Roles = (...roles: [Role, ...Role[]]) => SetMetadata(rolesMetadata, roles);

/** Handler parameter: who asks. On a public route, use `@CurrentUserOrNull()`. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): User => {
  const { user } = context.switchToHttp().getRequest<AppRequest>();
  if (!user) throw new AppError('ACCOUNT_SIGN_IN_NEEDED');
  return user;
});

export const CurrentUserOrNull = createParamDecorator(
  (_: unknown, context: ExecutionContext): User | null =>
    context.switchToHttp().getRequest<AppRequest>().user,
);

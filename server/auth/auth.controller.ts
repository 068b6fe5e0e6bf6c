import { Body, Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Response } from 'express';
import type { z } from 'zod';
import {
  acceptInviteSchema,
  authStateSchema,
  loginSchema,
  setupSchema,
  userSchema,
  type AuthState,
  type User,
} from '../../common/contracts/accounts.js';
import { ApiRoute } from '../openapi/api-route.js';
import type { AppRequest } from '../platform/request.js';
import { CurrentUserOrNull, Public } from './access.js';
import { InviteService } from './invite.service.js';
import { clearSessionCookie, setSessionCookie } from './session-cookie.js';
import { SessionService } from './session.service.js';
import { SignInService } from './sign-in.service.js';

/** Tries that one address has in five minutes, for all accounts together. */
const perAddress = { default: { limit: 60, ttl: 5 * 60_000 } };

@Controller('api/auth')
@Public()
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly invites: InviteService,
    private readonly sessions: SessionService,
  ) {}

  @Get('state')
  @ApiRoute({
    summary: 'Says who is signed in, and whether the first account is still to be made',
    response: authStateSchema,
  })
  getState(@CurrentUserOrNull() user: User | null): Promise<AuthState> {
    return this.signIn.getState(user);
  }

  @Post('setup')
  @Throttle(perAddress)
  @ApiRoute({
    summary: 'Makes the first admin with the code that npm start printed, and signs in',
    response: userSchema,
  })
  async setUp(
    @Body({ schema: setupSchema }) body: z.infer<typeof setupSchema>,
    @Req() request: AppRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<User> {
    return this.openSession(await this.signIn.setUp(body), request, response);
  }

  @Post('login')
  @Throttle(perAddress)
  @ApiRoute({ summary: 'Signs in', response: userSchema })
  async login(
    @Body({ schema: loginSchema }) body: z.infer<typeof loginSchema>,
    @Req() request: AppRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<User> {
    return this.openSession(await this.signIn.signIn(body), request, response);
  }

  @Post('accept-invite')
  @Throttle(perAddress)
  @ApiRoute({ summary: 'Makes the account that an invitation is for, and signs in', response: userSchema })
  async acceptInvite(
    @Body({ schema: acceptInviteSchema }) body: z.infer<typeof acceptInviteSchema>,
    @Req() request: AppRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<User> {
    return this.openSession(await this.invites.acceptInvite(body), request, response);
  }

  @Post('logout')
  @ApiRoute({ summary: 'Signs out of this browser', response: null })
  async logout(@Req() request: AppRequest, @Res({ passthrough: true }) response: Response): Promise<void> {
    if (request.sessionId) await this.sessions.deleteSession(request.sessionId);
    clearSessionCookie(response, request);
  }

  private async openSession(user: User, request: AppRequest, response: Response): Promise<User> {
    setSessionCookie(response, request, await this.sessions.createSession(user.id));
    return user;
  }
}

import { Body, Controller, Delete, Patch, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { z } from 'zod';
import {
  changePasswordSchema,
  updateMeSchema,
  userSchema,
  type User,
} from '../../common/contracts/accounts.js';
import { ApiRoute } from '../openapi/api-route.js';
import type { AppRequest } from '../platform/request.js';
import { CurrentUser } from './access.js';
import { clearSessionCookie } from './session-cookie.js';
import { SignInService } from './sign-in.service.js';
import { UserService } from './user.service.js';

@Controller('api/me')
export class MeController {
  constructor(
    private readonly users: UserService,
    private readonly signIn: SignInService,
  ) {}

  @Patch()
  @ApiRoute({ summary: "Changes one's own name, language or consent to training", response: userSchema })
  update(
    @CurrentUser() user: User,
    @Body({ schema: updateMeSchema }) body: z.infer<typeof updateMeSchema>,
  ): Promise<User> {
    return this.users.updateMe(user.id, body);
  }

  @Post('password')
  @ApiRoute({ summary: "Changes one's own password and signs out everywhere else", response: null })
  changePassword(
    @CurrentUser() user: User,
    @Body({ schema: changePasswordSchema }) body: z.infer<typeof changePasswordSchema>,
    @Req() request: AppRequest,
  ): Promise<void> {
    return this.signIn.changePassword(user, body, request.sessionId);
  }

  @Delete()
  @ApiRoute({ summary: "Erases one's own account with everything that belongs to it", response: null })
  async delete(
    @CurrentUser() user: User,
    @Req() request: AppRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.users.deleteUser(user.id);
    clearSessionCookie(response, request);
  }
}

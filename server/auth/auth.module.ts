import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeyEntity } from '../../common/database/api-key.entity.js';
import { SessionEntity } from '../../common/database/session.entity.js';
import { DatasetsModule } from '../datasets/datasets.module.js';
import { AccessGuard } from './access.guard.js';
import { ApiKeyController } from './api-key.controller.js';
import { ApiKeyService } from './api-key.service.js';
import { AuthController } from './auth.controller.js';
import { InviteController } from './invite.controller.js';
import { InviteService } from './invite.service.js';
import { MeController } from './me.controller.js';
import { SessionService } from './session.service.js';
import { SignInService } from './sign-in.service.js';
import { UserController } from './user.controller.js';
import { UserService } from './user.service.js';

/** Accounts, and the guard that stands before every route. */
@Module({
  imports: [TypeOrmModule.forFeature([SessionEntity, ApiKeyEntity]), DatasetsModule],
  controllers: [AuthController, MeController, ApiKeyController, InviteController, UserController],
  providers: [
    SessionService,
    ApiKeyService,
    UserService,
    SignInService,
    InviteService,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [SessionService],
})
export class AuthModule {}

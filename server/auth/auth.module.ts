import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeyEntity } from '../../common/database/api-key.entity.js';
import { InviteEntity } from '../../common/database/invite.entity.js';
import { SessionEntity } from '../../common/database/session.entity.js';
import { UserEntity } from '../../common/database/user.entity.js';
import { AccessGuard } from './access.guard.js';
import { ApiKeyService } from './api-key.service.js';
import { SessionService } from './session.service.js';
import { UserService } from './user.service.js';

/** Accounts, and the guard that stands before every route. */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity, SessionEntity, InviteEntity, ApiKeyEntity])],
  providers: [SessionService, ApiKeyService, UserService, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [SessionService],
})
export class AuthModule {}

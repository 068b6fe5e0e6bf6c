import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { User } from '../../common/contracts/accounts.js';
import { UserEntity } from '../../common/database/user.entity.js';

@Injectable()
export class UserService {
  constructor(@InjectRepository(UserEntity) private readonly users: Repository<UserEntity>) {}

  async listUsers(): Promise<User[]> {
    return (await this.users.find({ order: { createdAt: 'ASC' } })).map(toUser);
  }
}

export function toUser(user: UserEntity): User {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    locale: user.locale,
    trainingConsent: user.trainingConsent,
    disabled: user.disabled,
    createdAt: user.createdAt.toISOString(),
  };
}

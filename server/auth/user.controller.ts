import { Body, Controller, Delete, Get, Param, Patch } from '@nestjs/common';
import { z } from 'zod';
import { updateUserSchema, userSchema, type User } from '../../common/contracts/accounts.js';
import { ApiRoute } from '../openapi/api-route.js';
import { Roles } from './access.js';
import { UserService } from './user.service.js';

@Controller('api/users')
@Roles('admin')
export class UserController {
  constructor(private readonly users: UserService) {}

  @Get()
  @ApiRoute({ summary: 'Lists the accounts', response: z.array(userSchema) })
  list(): Promise<User[]> {
    return this.users.listUsers();
  }

  @Patch(':id')
  @ApiRoute({ summary: "Changes an account's role, or disables or enables it", response: userSchema })
  update(
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: updateUserSchema }) body: z.infer<typeof updateUserSchema>,
  ): Promise<User> {
    return this.users.updateUser(id, body);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Erases an account with everything that belongs to it', response: null })
  delete(@Param('id', { schema: z.uuid() }) id: string): Promise<void> {
    return this.users.deleteUser(id);
  }
}

import { Controller, Get } from '@nestjs/common';
import { Public } from '../auth/access.js';

@Controller()
@Public()
export class HealthController {
  @Get('health')
  getHealth() {
    return { status: 'ok' };
  }
}

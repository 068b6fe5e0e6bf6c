import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import { Public } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';

const healthSchema = z.strictObject({ status: z.literal('ok') });

@Controller()
@Public()
export class HealthController {
  @Get('health')
  @ApiRoute({ summary: 'Says that the server runs', response: healthSchema })
  getHealth(): z.infer<typeof healthSchema> {
    return { status: 'ok' };
  }
}

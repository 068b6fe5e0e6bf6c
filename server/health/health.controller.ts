import { Controller, Get, Header, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { Public } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { MetricsService } from './metrics.service.js';
import { readinessSchema, ReadinessService, type Readiness } from './readiness.service.js';

const healthSchema = z.strictObject({ status: z.literal('ok') });

/** For machines that watch this one: open to all, and says nothing about anybody. */
@Controller()
@Public()
export class HealthController {
  constructor(
    private readonly readiness: ReadinessService,
    private readonly metrics: MetricsService,
  ) {}

  @Get('health')
  @ApiRoute({ summary: 'Says that the server runs', response: healthSchema })
  getHealth(): z.infer<typeof healthSchema> {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiRoute({
    summary: 'Says whether a message can be answered now; with 503, in the same form, what is missing',
    response: readinessSchema,
  })
  async getReadiness(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const readiness = await this.readiness.check();
    if (readiness.status !== 'ready') response.status(503);
    return readiness;
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiRoute({
    summary: 'Gives the numbers that Prometheus collects',
    response: z.string(),
    mediaType: 'text/plain',
  })
  getMetrics(): Promise<string> {
    return this.metrics.render();
  }
}

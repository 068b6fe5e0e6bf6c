import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import { runProposalSchema, type RunProposal } from '../../common/contracts/run-proposal.js';
import {
  changeRunSchema,
  chatEffectSchema,
  newRunSchema,
  runDetailSchema,
  runEstimateSchema,
  runListSchema,
  runPointsSchema,
  runRolloutsSchema,
  type ChangeRun,
  type ChatEffect,
  type NewRun,
  type RunDetail,
  type RunEstimate,
  type RunRollouts,
} from '../../common/contracts/run-records.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { ChatEffects } from './chat-effect.service.js';
import { RunCheck } from './run-check.service.js';
import { RunQueue } from './run-queue.js';
import { RunReader } from './run-reader.service.js';
import { RunService } from './run.service.js';

const id = { schema: z.uuid() };
const pointsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(-1).default(-1),
  atMost: z.coerce.number().int().min(2).max(20_000).default(4000),
});
const rolloutsQuerySchema = z.strictObject({
  upTo: z.coerce.number().int().min(0).max(2_147_483_647).optional(),
});
const proposalQuerySchema = z.strictObject({ datasetId: z.uuid() });

@Controller('api/runs')
@Roles('admin')
export class RunsController {
  constructor(
    private readonly runs: RunService,
    private readonly reader: RunReader,
    private readonly check: RunCheck,
    private readonly queue: RunQueue,
    private readonly effects: ChatEffects,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Lists the training runs, the newest first', response: runListSchema })
  async list(): Promise<z.infer<typeof runListSchema>> {
    return { runs: await this.reader.list() };
  }

  @Post()
  @ApiRoute({ summary: 'Queues a training run', response: runDetailSchema, status: 201 })
  create(@CurrentUser() user: User, @Body({ schema: newRunSchema }) body: NewRun): Promise<RunDetail> {
    return this.runs.create(body, user.id);
  }

  @Post('estimate')
  @ApiRoute({
    summary: 'Measures on the training machine what a run would take, without training',
    response: runEstimateSchema,
  })
  async estimate(@Body({ schema: newRunSchema }) body: NewRun): Promise<RunEstimate> {
    await this.check.check(body);
    return this.queue.estimate(body);
  }

  @Get('proposal')
  @ApiRoute({ summary: 'Proposes the kinds of run that fit a dataset', response: runProposalSchema })
  propose(
    @Query({ schema: proposalQuerySchema }) { datasetId }: z.infer<typeof proposalQuerySchema>,
  ): Promise<RunProposal> {
    return this.check.propose(datasetId);
  }

  @Get('chat-effect')
  @ApiRoute({
    summary: "Tells how the chat's newest answers fared beside runs, by how those share the machine",
    response: z.array(chatEffectSchema),
  })
  listChatEffects(): Promise<ChatEffect[]> {
    return this.effects.list();
  }

  @Get(':id')
  @ApiRoute({ summary: 'Shows a run with its log and samples', response: runDetailSchema })
  get(@Param('id', id) runId: string): Promise<RunDetail> {
    return this.reader.get(runId);
  }

  @Patch(':id')
  @ApiRoute({ summary: 'Renames a run, or changes when its turn comes', response: runDetailSchema })
  change(
    @Param('id', id) runId: string,
    @Body({ schema: changeRunSchema }) body: ChangeRun,
  ): Promise<RunDetail> {
    return this.runs.change(runId, body);
  }

  @Delete(':id')
  @ApiRoute({ summary: 'Deletes a run that is over, with its files', response: null })
  delete(@Param('id', id) runId: string): Promise<void> {
    return this.runs.delete(runId);
  }

  @Get(':id/points')
  @ApiRoute({
    summary: "Lists a run's metrics by step, thinned where there are many",
    response: runPointsSchema,
  })
  async points(
    @Param('id', id) runId: string,
    @Query({ schema: pointsQuerySchema }) query: z.infer<typeof pointsQuerySchema>,
  ): Promise<z.infer<typeof runPointsSchema>> {
    return { points: await this.reader.listPoints(runId, query) };
  }

  @Get(':id/points.csv')
  @ApiRoute({
    summary: "Gives all of a run's metrics as a file",
    response: z.string(),
    mediaType: 'text/csv',
  })
  async csv(@Param('id', id) runId: string, @Res({ passthrough: true }) response: Response): Promise<string> {
    const csv = await this.reader.toCsv(runId);
    response.setHeader('Content-Disposition', `attachment; filename="run-${runId}.csv"`);
    response.type('text/csv; charset=utf-8');
    return csv;
  }

  @Get(':id/rollouts')
  @ApiRoute({
    summary: 'Shows what a run has sampled at a step, with rewards and advantages',
    response: runRolloutsSchema,
  })
  rollouts(
    @Param('id', id) runId: string,
    @Query({ schema: rolloutsQuerySchema }) query: z.infer<typeof rolloutsQuerySchema>,
  ): Promise<RunRollouts> {
    return this.reader.listRollouts(runId, query);
  }

  @Post(':id/cancel')
  @ApiRoute({ summary: 'Ends a run; one that computes ends within a step', response: runDetailSchema })
  cancel(@Param('id', id) runId: string): Promise<RunDetail> {
    return this.runs.cancel(runId);
  }

  @Post(':id/resume')
  @ApiRoute({
    summary: 'Lets a cancelled or failed run go on from its checkpoint',
    response: runDetailSchema,
  })
  resume(@Param('id', id) runId: string): Promise<RunDetail> {
    return this.runs.resume(runId);
  }

  @Post(':id/retry')
  @ApiRoute({
    summary: 'Queues the same run once more, from its beginning',
    response: runDetailSchema,
    status: 201,
  })
  retry(@CurrentUser() user: User, @Param('id', id) runId: string): Promise<RunDetail> {
    return this.runs.retry(runId, user.id);
  }
}

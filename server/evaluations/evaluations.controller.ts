import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import {
  evaluationAnswerSchema,
  evaluationSchema,
  newEvaluationSchema,
  promoteSchema,
  promotionSchema,
  versionStandingSchema,
  type Evaluation,
  type EvaluationAnswer,
  type NewEvaluation,
  type Promote,
  type Promotion,
  type VersionStanding,
} from '../../common/contracts/evaluations.js';
import { CurrentUser, Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { EvaluationService } from './evaluation.service.js';
import { PromotionService } from './promotion.service.js';
import { VersionStandingService } from './version-standing.service.js';

const id = { schema: z.uuid() };

@Controller('api')
@Roles('admin')
export class EvaluationsController {
  constructor(
    private readonly evaluations: EvaluationService,
    private readonly standings: VersionStandingService,
    private readonly promotions: PromotionService,
  ) {}

  @Post('evaluations')
  @ApiRoute({
    summary: 'Starts judging a version against what is live, on held-out pairs',
    response: evaluationSchema,
    status: 202,
  })
  create(
    @CurrentUser() user: User,
    @Body({ schema: newEvaluationSchema }) body: NewEvaluation,
  ): Promise<Evaluation> {
    return this.evaluations.create(body, user.id);
  }

  @Get('evaluations')
  @ApiRoute({ summary: 'Lists evaluations, newest first', response: z.array(evaluationSchema) })
  list(): Promise<Evaluation[]> {
    return this.evaluations.list();
  }

  @Get('evaluations/:id')
  @ApiRoute({ summary: 'Gives an evaluation', response: evaluationSchema })
  get(@Param('id', id) evaluationId: string): Promise<Evaluation> {
    return this.evaluations.get(evaluationId);
  }

  @Get('evaluations/:id/answers')
  @ApiRoute({
    summary:
      'Lists what both versions said to the prompts of the evaluation’s sets, and which rules it keeps',
    response: z.array(evaluationAnswerSchema),
  })
  listAnswers(@Param('id', id) evaluationId: string): Promise<EvaluationAnswer[]> {
    return this.evaluations.listAnswers(evaluationId);
  }

  @Get('versions/:id/standing')
  @ApiRoute({
    summary: 'Tells what speaks for a version, and whether it may go live',
    response: versionStandingSchema,
  })
  getStanding(@Param('id', id) versionId: string): Promise<VersionStanding> {
    return this.standings.get(versionId);
  }

  @Post('versions/:id/promote')
  @ApiRoute({ summary: 'Puts a version live', response: promotionSchema })
  promote(
    @CurrentUser() user: User,
    @Param('id', id) versionId: string,
    @Body({ schema: promoteSchema }) { reason }: Promote,
  ): Promise<Promotion> {
    return this.promotions.promote(versionId, reason, user.id);
  }

  @Post('models/:id/rollback')
  @ApiRoute({ summary: 'Puts back live what was before the last promotion', response: promotionSchema })
  rollBack(@CurrentUser() user: User, @Param('id', id) modelId: string): Promise<Promotion> {
    return this.promotions.rollBack(modelId, user.id);
  }

  @Get('promotions')
  @ApiRoute({
    summary: 'Lists what was put live and by whom, newest first',
    response: z.array(promotionSchema),
  })
  listPromotions(): Promise<Promotion[]> {
    return this.promotions.list();
  }
}

import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import {
  chooseJudgeSchema,
  rewardModelSchema,
  type ChooseJudge,
  type RewardModel,
} from '../../common/contracts/reward-models.js';
import { Roles } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import { RewardModelService } from './reward-model.service.js';

@Controller('api')
@Roles('admin')
export class RewardModelsController {
  constructor(private readonly rewardModels: RewardModelService) {}

  @Get('reward-models')
  @ApiRoute({ summary: 'Lists the reward models, newest first', response: z.array(rewardModelSchema) })
  list(): Promise<RewardModel[]> {
    return this.rewardModels.list();
  }

  @Put('models/:id/judge')
  @ApiRoute({
    summary: 'Chooses the reward model that judges a model’s answers',
    response: z.array(rewardModelSchema),
  })
  choose(
    @Param('id', { schema: z.uuid() }) modelId: string,
    @Body({ schema: chooseJudgeSchema }) { versionId }: ChooseJudge,
  ): Promise<RewardModel[]> {
    return this.rewardModels.choose(modelId, versionId);
  }
}

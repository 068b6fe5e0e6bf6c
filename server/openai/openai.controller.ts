import { Body, Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { z } from 'zod';
import type { User } from '../../common/contracts/accounts.js';
import { CurrentUser, TakesKey } from '../auth/access.js';
import { ApiRoute } from '../openapi/api-route.js';
import type { AppRequest } from '../platform/request.js';
import { completionRequestSchema, type CompletionRequest } from './completion-request.js';
import {
  completionFeedbackSchema,
  recordedFeedbackSchema,
  type CompletionFeedback,
  type RecordedFeedback,
} from './completion-feedback.js';
import { CompletionFeedbackService } from './completion-feedback.service.js';
import { completionChunkSchema, completionSchema } from './completion-response.js';
import { CompletionService } from './completion.service.js';
import {
  embeddingListSchema,
  embeddingRequestSchema,
  EmbeddingService,
  type EmbeddingList,
} from './embedding.service.js';
import {
  openAiModelListSchema,
  openAiModelSchema,
  OpenAiModelService,
  type OpenAiModel,
} from './model.service.js';

/** OpenAI's interface, for programs that were written against it. */
@Controller('v1')
@TakesKey()
export class OpenAiController {
  constructor(
    private readonly completions: CompletionService,
    private readonly feedback: CompletionFeedbackService,
    private readonly embeddings: EmbeddingService,
    private readonly models: OpenAiModelService,
  ) {}

  @Get('models')
  @ApiRoute({ summary: 'Lists the models', response: openAiModelListSchema })
  listModels(): Promise<z.infer<typeof openAiModelListSchema>> {
    return this.models.listModels();
  }

  @Get('models/:model')
  @ApiRoute({ summary: 'Shows a model', response: openAiModelSchema })
  getModel(@Param('model') model: string): Promise<OpenAiModel> {
    return this.models.getModel(model);
  }

  @Post('chat/completions')
  @ApiRoute({
    summary: 'Answers a conversation, in one piece or as a stream of events',
    response: completionSchema,
    alternatives: { 'text/event-stream': completionChunkSchema },
  })
  complete(
    @CurrentUser() user: User,
    @Body({ schema: completionRequestSchema }) body: CompletionRequest,
    @Req() { keyId, requestId }: AppRequest,
    @Res() response: Response,
  ): Promise<void> {
    return this.completions.answer(body, { userId: user.id, keyId, requestId }, response);
  }

  @Post('chat/completions/:id/feedback')
  @ApiRoute({
    summary: 'Records what somebody says of a completion: a thumb, or which of two choices is better',
    response: recordedFeedbackSchema,
  })
  rate(
    @CurrentUser() user: User,
    @Param('id') completionId: string,
    @Body({ schema: completionFeedbackSchema }) body: CompletionFeedback,
  ): Promise<RecordedFeedback> {
    return this.feedback.record(user.id, completionId, body);
  }

  @Post('embeddings')
  @ApiRoute({ summary: 'Turns texts into vectors', response: embeddingListSchema })
  embed(
    @Body({ schema: embeddingRequestSchema }) body: z.infer<typeof embeddingRequestSchema>,
    @Req() { requestId }: AppRequest,
  ): Promise<EmbeddingList> {
    return this.embeddings.embed(body, requestId);
  }
}

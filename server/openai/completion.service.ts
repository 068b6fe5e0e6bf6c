import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { GenerationRequest } from '../../common/contracts/generation.js';
import { CompletionChoiceEntity } from '../../common/database/completion-choice.entity.js';
import { CompletionEntity } from '../../common/database/completion.entity.js';
import type { GenerationEntity } from '../../common/database/generation.entity.js';
import { RewardModelService } from '../reward-models/reward-model.service.js';
import { GenerationService } from '../generations/generation.service.js';
import { toGenerationRequest, type CompletionRequest } from './completion-request.js';
import { toCompletion, type CompletionHead } from './completion-response.js';
import { sendFailure, streamCompletion } from './completion-stream.js';
import { EventStream } from './event-stream.js';
import { OpenAiModelService } from './model.service.js';

export interface Caller {
  userId: string;
  keyId: string | null;
  requestId: string;
}

interface StartedCompletion {
  head: CompletionHead;
  generationIds: string[];
}

/** Completions are kept: feedback may name one by its id later. */
@Injectable()
export class CompletionService {
  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly models: OpenAiModelService,
    private readonly rewardModels: RewardModelService,
  ) {}

  /** Answers over `response`, in one piece or as events. A caller who goes away stops the answer, and so does a choice that fails. */
  async answer(body: CompletionRequest, caller: Caller, response: Response): Promise<void> {
    const completion = await this.start(body, caller);
    const over = new AbortController();
    response.once('close', () => over.abort());
    if (response.destroyed) over.abort();
    try {
      // Nothing would tell an event stream that begins now of its end.
      if (over.signal.aborted) return;
      if (body.stream) await this.stream(completion, body, response, over);
      else await this.send(completion, response, over);
    } finally {
      // What has ended is not changed by this; what has not is for nobody.
      if (over.signal.aborted)
        await Promise.all(completion.generationIds.map((id) => this.generations.stop(id)));
    }
  }

  private async start(body: CompletionRequest, caller: Caller): Promise<StartedCompletion> {
    const version = await this.models.getVersion(body.model);
    const id = `chatcmpl-${randomBytes(18).toString('base64url')}`;
    const { userId, keyId: apiKeyId, requestId } = caller;
    const bestOf = await this.findBestOf(body.best_of ?? 1, version);
    const group = await this.db.transaction(async (manager) => {
      const inserted = await this.generations.insert(manager, {
        requestId,
        userId,
        modelVersionId: version.id,
        request: { ...toGenerationRequest(body), ...bestOf },
        count: body.n ?? 1,
      });
      await manager.insert(CompletionEntity, { id, userId, apiKeyId, modelName: version.name });
      await manager.insert(
        CompletionChoiceEntity,
        inserted.ids.map((generationId, choice) => ({ completionId: id, choice, generationId })),
      );
      return inserted;
    });
    await this.generations.enqueue(group);
    const created = Math.floor(Date.now() / 1000);
    return { head: { id, created, model: version.name }, generationIds: group.ids };
  }

  /** @throws AppError `REWARD_MODEL_NONE` where nothing could choose: another answer would not be what was asked for */
  private async findBestOf(
    count: number,
    { id, name }: { id: string; name: string },
  ): Promise<Pick<GenerationRequest, 'bestOf'>> {
    if (count === 1) return {};
    const rewardVersionId = await this.rewardModels.findJudge(id);
    if (rewardVersionId === null) throw new AppError('REWARD_MODEL_NONE', { model: name, param: 'best_of' });
    return { bestOf: { count, rewardVersionId } };
  }

  /** @param over  aborted when a choice fails: the others are for nobody then */
  private async stream(
    { head, generationIds }: StartedCompletion,
    body: CompletionRequest,
    response: Response,
    over: AbortController,
  ): Promise<void> {
    const stream = new EventStream(response);
    try {
      const includeUsage = body.stream_options?.include_usage ?? false;
      const { signal } = over;
      await streamCompletion(this.generations, stream, { head, generationIds, includeUsage, signal });
    } catch (error) {
      over.abort();
      if (!(error instanceof AppError) || !response.headersSent) throw error;
      await sendFailure(stream, error);
    }
  }

  /** @param over  as for `stream` */
  private async send(
    { head, generationIds }: StartedCompletion,
    response: Response,
    over: AbortController,
  ): Promise<void> {
    try {
      const rows = await Promise.all(generationIds.map((id) => this.getEnded(id, over.signal)));
      if (!over.signal.aborted) response.json(toCompletion(head, rows));
    } catch (error) {
      over.abort();
      throw error;
    }
  }

  /** @returns the answer when it has ended, or as it is when `signal` fires */
  private async getEnded(id: string, signal: AbortSignal): Promise<GenerationEntity> {
    await this.generations.waitForEnd([id], signal);
    const [row] = await this.generations.result([id], { logProbs: true });
    if (!row) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'generation' });
    if (row.status === 'failed')
      throw AppError.restore(row.error ?? { code: 'SERVER_FAULT', message: 'The answer failed.' });
    // The server shuts down: half an answer must not look like a whole one.
    if (!signal.aborted && (row.status === 'queued' || row.status === 'running'))
      throw new AppError('SERVER_UNAVAILABLE', { part: 'The server' });
    return row;
  }
}

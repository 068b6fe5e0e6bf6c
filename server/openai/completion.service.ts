import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { GenerationRequest } from '../../common/contracts/generation.js';
import { CompletionChoiceEntity } from '../../common/database/completion-choice.entity.js';
import { CompletionEntity } from '../../common/database/completion.entity.js';
import { RewardModelService } from '../reward-models/reward-model.service.js';
import { GenerationService } from '../generations/generation.service.js';
import { toGenerationRequest, type CompletionRequest } from './completion-request.js';
import { toCompletion, type Completion, type CompletionHead } from './completion-response.js';
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

  /** Answers over `response`, in one piece or as events. A caller who goes away stops the answer. */
  async answer(body: CompletionRequest, caller: Caller, response: Response): Promise<void> {
    const completion = await this.start(body, caller);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    if (response.destroyed) gone.abort();
    try {
      // Nothing would tell an event stream that begins now of its end.
      if (gone.signal.aborted) return;
      if (body.stream) await this.stream(completion, body, response, gone.signal);
      else {
        const whole = await this.waitFor(completion, gone.signal);
        if (whole) response.json(whole);
      }
    } finally {
      // What has ended is not changed by this; what has not is for nobody.
      if (!response.writableEnded)
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

  private async stream(
    { head, generationIds }: StartedCompletion,
    body: CompletionRequest,
    response: Response,
    signal: AbortSignal,
  ): Promise<void> {
    const stream = new EventStream(response);
    try {
      const includeUsage = body.stream_options?.include_usage ?? false;
      await streamCompletion(this.generations, stream, { head, generationIds, includeUsage, signal });
    } catch (error) {
      if (!(error instanceof AppError) || !response.headersSent) throw error;
      await sendFailure(stream, error);
    }
  }

  /** @returns null when the caller is gone */
  private async waitFor(completion: StartedCompletion, signal: AbortSignal): Promise<Completion | null> {
    await this.generations.waitForEnd(completion.generationIds, signal);
    if (signal.aborted) return null;
    const rows = await this.generations.result(completion.generationIds, { logProbs: true });
    const failed = rows.find((row) => row.status === 'failed');
    if (failed)
      throw AppError.restore(failed.error ?? { code: 'SERVER_FAULT', message: 'The answer failed.' });
    // The server shuts down: half an answer must not look like a whole one.
    if (rows.some(({ status }) => status === 'queued' || status === 'running'))
      throw new AppError('SERVER_UNAVAILABLE', { part: 'The server' });
    return toCompletion(completion.head, rows);
  }
}

/** Queues as admins make and watch them. Both versions answer in the background, through the queue that serves the chat. */
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { NewRatingQueue, RatingQueue, UpdateRatingQueue } from '../../common/contracts/rating-queues.js';
import { defaultSampling } from '../../common/contracts/sampling.js';
import { RatingQueueEntity } from '../../common/database/rating-queue.entity.js';
import { getVersion } from '../evaluations/version-standing.service.js';
import { GenerationService, type GenerationGroup } from '../generations/generation.service.js';
import { QueuePromptReader, type QueuePrompt } from './queue-prompts.service.js';
import { leastSureFirst } from './prompt-sureness.js';
import { reportQueues } from './queue-report.js';

/** Asked for by somebody, for nobody in particular: the account that made the queue may go, its answers stay. */
interface Asking {
  queue: Pick<RatingQueueEntity, 'id' | 'firstId' | 'secondId'>;
  maxTokens: number;
  requestId: string;
}

@Injectable()
export class RatingQueueService {
  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly prompts: QueuePromptReader,
  ) {}

  /** The newest first. */
  async list(): Promise<RatingQueue[]> {
    const rows = await this.db.manager.find(RatingQueueEntity, { order: { createdAt: 'DESC' } });
    return reportQueues(this.db.manager, rows);
  }

  /** @throws AppError `RATING_QUEUE_SELF`, `RATING_QUEUE_EMPTY`, `RESOURCE_NOT_FOUND` */
  async create(
    asked: NewRatingQueue,
    { userId, requestId }: { userId: string; requestId: string },
  ): Promise<RatingQueue> {
    const { maxPairs, maxTokens, ...fields } = asked;
    const first = await getVersion(this.db.manager, asked.firstId);
    const second = await getVersion(this.db.manager, asked.secondId);
    if (first.id === second.id) throw new AppError('RATING_QUEUE_SELF', { name: first.name });
    const { name: promptsName, prompts: all } = await this.prompts.read(asked.prompts);
    const prompts = (await leastSureFirst(this.db.manager, first.modelId, all)).slice(0, maxPairs);
    if (prompts.length === 0) throw new AppError('RATING_QUEUE_EMPTY', { prompts: promptsName });
    const queue = {
      id: randomUUID(),
      ...fields,
      firstName: first.name,
      secondName: second.name,
      promptsName,
      createdBy: userId,
    };
    const groups = await this.db.transaction(async (manager) => {
      await manager.insert(RatingQueueEntity, queue);
      const inserted: GenerationGroup[] = [];
      for (const [position, prompt] of prompts.entries())
        inserted.push(...(await this.ask(manager, { ...prompt, position }, { queue, maxTokens, requestId })));
      return inserted;
    });
    for (const group of groups) await this.generations.enqueue(group);
    return this.get(queue.id);
  }

  /** @throws AppError `RESOURCE_NOT_FOUND` */
  async update(id: string, change: UpdateRatingQueue): Promise<RatingQueue> {
    await this.get(id);
    if (Object.keys(change).length > 0) await this.db.manager.update(RatingQueueEntity, { id }, change);
    return this.get(id);
  }

  private async get(id: string): Promise<RatingQueue> {
    const row = await this.db.manager.findOneBy(RatingQueueEntity, { id });
    const [queue] = row ? await reportQueues(this.db.manager, [row]) : [];
    if (!queue) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'rating queue' });
    return queue;
  }

  /** Writes a pair and the two answers that it is made of. */
  private async ask(
    manager: EntityManager,
    { turns, owners, position }: QueuePrompt & { position: number },
    { queue, maxTokens, requestId }: Asking,
  ): Promise<GenerationGroup[]> {
    const pairId = randomUUID();
    const sides = [queue.firstId, queue.secondId].map((modelVersionId) => ({
      modelVersionId,
      generationId: randomUUID(),
    }));
    await manager.query(
      `INSERT INTO rating_pairs
         (id, queue_id, position, turns, people, conversation_ids, first_generation_id, second_generation_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        pairId,
        queue.id,
        position,
        JSON.stringify(turns),
        owners.people,
        owners.conversationIds,
        ...sides.map(({ generationId }) => generationId),
      ],
    );
    const groups: GenerationGroup[] = [];
    for (const { modelVersionId, generationId } of sides)
      groups.push(
        await this.generations.insert(manager, {
          requestId,
          modelVersionId,
          userId: null,
          request: {
            turns,
            prefix: '',
            sampling: { ...defaultSampling, maxTokens },
            topLogProbs: null,
            responseFormat: { type: 'text' },
          },
          answers: [{ messageId: null, generationId }],
          ratingPairId: pairId,
        }),
      );
    return groups;
  }
}

/**
 * Better titles than first words: when nothing else is to be done, the model is asked, once per conversation, after the first exchange.
 * Any server may do it; the row says who did. A person's title is never touched.
 */
import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { DataSource } from 'typeorm';
import type { GenerateJob } from '../../common/contracts/generation.js';
import { samplingSchema } from '../../common/contracts/sampling.js';
import { ConversationEntity } from '../../common/database/conversation.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import { GENERATE_QUEUE } from '../generations/generate-queue.js';
import { GenerationService } from '../generations/generation.service.js';
import { ModelChoice } from '../generations/model-choice.service.js';
import { Sweep } from '../platform/sweep.js';
import { LOGGER } from '../platform/tokens.js';
import { cutText } from '../platform/cut-text.js';
import { ChatEvents } from './chat-events.js';
import { toConversation } from './conversation-rows.js';
import { listPath } from './message-rows.js';
import { titleForm, titleQuestion, toModelTitle } from './title.js';
import { toTurns } from './turns.js';

const sweepMs = 3000;
/** Of the first exchange; a title needs no more, and the prompt stays short. */
const readLength = 2000;
const sampling = samplingSchema.parse({ temperature: 0.2, maxTokens: 40 });

@Injectable()
export class TitleService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly closing = new AbortController();
  private readonly sweep: Sweep;

  constructor(
    private readonly db: DataSource,
    private readonly generations: GenerationService,
    private readonly models: ModelChoice,
    private readonly events: ChatEvents,
    @Inject(GENERATE_QUEUE) private readonly queue: Queue<GenerateJob>,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'giving a title failed';
    this.sweep = new Sweep(() => this.giveNext(), { intervalMs: sweepMs, logger, failure });
  }

  onApplicationBootstrap(): void {
    this.sweep.start();
  }

  onModuleDestroy(): void {
    void this.sweep.stop();
    this.closing.abort();
  }

  private async giveNext(): Promise<void> {
    const next = (await this.isIdle()) ? await this.claim() : null;
    if (next) await this.giveTitle(next);
  }

  private async isIdle(): Promise<boolean> {
    const counts = await this.queue.getJobCounts('active', 'waiting', 'prioritized', 'delayed');
    return Object.values(counts).every((count) => count === 0);
  }

  /** One conversation whose first exchange is complete; nobody else gets it. */
  private async claim(): Promise<ConversationEntity | null> {
    const [claimed] = await this.db.query<[{ id: string }[], number]>(
      `UPDATE conversations SET title_source = 'model' WHERE id = (
         SELECT c.id FROM conversations c JOIN messages m ON m.id = c.leaf_id
         WHERE c.title_source = 'words' AND m.role = 'assistant' AND m.status = 'complete' AND m.content <> ''
         ORDER BY c.updated_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED
       ) RETURNING id`,
    );
    const id = claimed[0]?.id;
    return id === undefined ? null : this.db.manager.findOneBy(ConversationEntity, { id });
  }

  private async giveTitle(conversation: ConversationEntity): Promise<void> {
    const { id, userId, leafId } = conversation;
    const path = leafId === null ? [] : await listPath(this.db.manager, id, leafId);
    const exchange = path
      .slice(0, 2)
      .map(({ role, content }) => ({ role, content: cutText(content, readLength) }));
    const ids = await this.generations.create({
      requestId: randomUUID(),
      userId,
      conversationId: id,
      modelVersionId: await this.models.getForConversation(this.db.manager, conversation),
      request: {
        turns: toTurns('', [...exchange, { role: 'user', content: titleQuestion }]),
        prefix: '',
        sampling,
        topLogProbs: null,
        responseFormat: titleForm,
      },
    });
    await this.generations.waitForEnd(ids, this.closing.signal);
    const [row] = await this.generations.result(ids);
    const said = exchange.map(({ content }) => content).join('\n');
    const title = row?.status === 'complete' ? toModelTitle(row.text, said) : null;
    if (title !== null) await this.save(id, title);
  }

  private async save(id: string, title: string): Promise<void> {
    const { affected } = await this.db.manager.update(
      ConversationEntity,
      { id, titleSource: 'model' },
      { title },
    );
    const row = affected ? await this.db.manager.findOneBy(ConversationEntity, { id }) : null;
    if (row) this.events.publish(id, { type: 'conversation.updated', conversation: toConversation(row) });
  }
}

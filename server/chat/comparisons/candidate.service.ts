/** Whether a turn is answered twice, and by what. */
import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Sampling } from '../../../common/contracts/sampling.js';
import type { ConversationEntity } from '../../../common/database/conversation.entity.js';
import { UserEntity } from '../../../common/database/user.entity.js';
import { ModelChoice } from '../../generations/model-choice.service.js';
import { ComparisonSettingsService } from './comparison-settings.service.js';

/** A reward model takes half of them away again; see ComparisonWeigher. */
const begunForOneAsked = 2;

@Injectable()
export class CandidateService {
  constructor(
    private readonly settings: ComparisonSettingsService,
    private readonly models: ModelChoice,
  ) {}

  /**
   * Does the server offer a comparison for this turn by itself? Never where the vote could not be used, where the person chose a model and
   * would get another, or where both answers would be the same.
   */
  async isOffered(
    manager: EntityManager,
    { parameters, trainingConsent, userId }: ConversationEntity,
    { temperature }: Sampling,
  ): Promise<boolean> {
    const { share, candidates, asksUnsure } = await this.settings.get(manager);
    if (Math.random() >= (asksUnsure ? share * begunForOneAsked : share)) return false;
    if (candidates.type === 'seeds' && temperature === 0) return false;
    if (candidates.type !== 'seeds' && (await this.models.isChosen(manager, { parameters, userId })))
      return false;
    return trainingConsent ?? (await manager.existsBy(UserEntity, { id: userId, trainingConsent: true }));
  }

  /**
   * The two versions to compare: left, then right. The coin is no part of anything that is told, so that a side cannot be worked out. A
   * version that is gone is replaced by the live one.
   */
  async draw(manager: EntityManager, conversation: ConversationEntity): Promise<[string, string]> {
    const { candidates } = await this.settings.get(manager);
    const own = () => this.models.getForConversation(manager, conversation);
    const named = (id: string) => this.models.getForChat(manager, id);
    const [first, second] =
      candidates.type === 'pair'
        ? [await named(candidates.firstId), await named(candidates.secondId)]
        : [await own(), candidates.type === 'seeds' ? await own() : await named(candidates.versionId)];
    return randomInt(2) === 0 ? [first, second] : [second, first];
  }
}

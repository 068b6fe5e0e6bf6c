import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import { CanaryEntity } from '../../common/database/canary.entity.js';
import type { ConversationEntity } from '../../common/database/conversation.entity.js';
import { VersionPinEntity } from '../../common/database/version-pin.entity.js';
import { isInShare } from './canary-share.js';

type Asked = Pick<ConversationEntity, 'id' | 'userId' | 'parameters' | 'createdAt'>;

/** Which model version answers. Nobody keeps the choice: what is live may change between two messages. */
@Injectable()
export class ModelChoice {
  /** The conversation's own version, else the one that its owner stays on, else a canary that drew the conversation, else what is live. */
  async getForConversation(db: EntityManager, conversation: Asked): Promise<string> {
    const { modelVersionId } = conversation.parameters;
    if (modelVersionId !== null) return this.getForChat(db, modelVersionId);
    const pin = await db.findOneBy(VersionPinEntity, { userId: conversation.userId });
    if (pin && (await isHere(db, pin.versionId))) return pin.versionId;
    const canary = await findCanary(db);
    const isDrawn =
      canary &&
      conversation.createdAt >= canary.createdAt &&
      isInShare(conversation.id, canary.versionId, canary.share);
    return isDrawn ? canary.versionId : this.getForChat(db, null);
  }

  /** True where somebody chose what answers, for the conversation or for themselves. */
  async isChosen(
    db: EntityManager,
    { parameters, userId }: Pick<Asked, 'parameters' | 'userId'>,
  ): Promise<boolean> {
    return parameters.modelVersionId !== null || (await db.existsBy(VersionPinEntity, { userId }));
  }

  /** The version with this id if it is still there; otherwise, or without an id, the default model's live version. */
  async getForChat(db: EntityManager, versionId: string | null): Promise<string> {
    const rows = await db.query<{ id: string }[]>(
      `SELECT v.id FROM model_versions v JOIN models m ON m.id = v.model_id
       WHERE NOT v.is_reward_model AND (v.id = $1 OR (m.is_default AND (v.is_live OR v.adapter_path IS NULL)))
       ORDER BY v.id = $1 DESC NULLS LAST, v.is_live DESC LIMIT 1`,
      [versionId],
    );
    const [chosen] = rows;
    if (!chosen) throw new AppError('MODEL_NONE_READY');
    return chosen.id;
  }
}

async function isHere(db: EntityManager, versionId: string): Promise<boolean> {
  const [row] = await db.query<object[]>(`SELECT 1 FROM model_versions WHERE id = $1`, [versionId]);
  return row !== undefined;
}

/** Of the default model: the others answer only where they were chosen. */
function findCanary(db: EntityManager): Promise<CanaryEntity | null> {
  return db
    .createQueryBuilder(CanaryEntity, 'c')
    .innerJoin('models', 'm', 'm.id = c.model_id AND m.is_default')
    .getOne();
}

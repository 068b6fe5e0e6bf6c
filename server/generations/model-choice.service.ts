import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { ConversationEntity } from '../../common/database/conversation.entity.js';
import { VersionPinEntity } from '../../common/database/version-pin.entity.js';
import { isInShare } from './canary-share.js';

type Asked = Pick<ConversationEntity, 'id' | 'userId' | 'parameters' | 'createdAt'>;

/** Versions that may answer: ids, each null where there is none. */
interface Choices {
  /** The one that was asked for. */
  named: string | null;
  pinned: string | null;
  canary: string | null;
  /** Percent of the conversations begun since `canarySince`. */
  canaryShare: number | null;
  canarySince: Date | null;
  live: string | null;
}

/** Which model version answers. Nobody keeps the choice: what is live may change between two messages. */
@Injectable()
export class ModelChoice {
  /** The conversation's own version, else the one that its owner stays on, else a canary that drew the conversation, else what is live. */
  async getForConversation(db: EntityManager, conversation: Asked): Promise<string> {
    const { modelVersionId } = conversation.parameters;
    const choices = await getChoices(db, modelVersionId, conversation.userId);
    if (modelVersionId !== null) return chosen(choices.named ?? choices.live);
    return chosen(choices.pinned ?? (isDrawn(choices, conversation) ? choices.canary : choices.live));
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
    const { named, live } = await getChoices(db, versionId, null);
    return chosen(named ?? live);
  }
}

/** In one statement, since every message asks. A canary counts for the default model alone: the others answer only where they were chosen. */
async function getChoices(
  db: EntityManager,
  versionId: string | null,
  userId: string | null,
): Promise<Choices> {
  const [choices] = await db.query<Choices[]>(
    `SELECT named.id AS named, pinned.id AS pinned, live.id AS live,
       canary.version_id AS canary, canary.share AS "canaryShare", canary.created_at AS "canarySince"
     FROM (VALUES ($1::uuid, $2::uuid)) AS asked (version_id, user_id)
     LEFT JOIN model_versions named ON named.id = asked.version_id AND NOT named.is_reward_model
     LEFT JOIN version_pins pin ON pin.user_id = asked.user_id
     LEFT JOIN model_versions pinned ON pinned.id = pin.version_id
     LEFT JOIN models m ON m.is_default
     LEFT JOIN canaries canary ON canary.model_id = m.id
     LEFT JOIN LATERAL (
       SELECT id FROM model_versions v
       WHERE v.model_id = m.id AND NOT v.is_reward_model AND (v.is_live OR v.adapter_path IS NULL)
       ORDER BY v.is_live DESC LIMIT 1
     ) AS live ON true`,
    [versionId, userId],
  );
  if (!choices) throw new TypeError('a row of values gave no row');
  return choices;
}

function isDrawn({ canary, canaryShare, canarySince }: Choices, { id, createdAt }: Asked): boolean {
  if (canary === null || canaryShare === null || canarySince === null) return false;
  return createdAt >= canarySince && isInShare(id, canary, canaryShare);
}

function chosen(versionId: string | null): string {
  if (versionId === null) throw new AppError('MODEL_NONE_READY');
  return versionId;
}

import type { EntitySchema } from 'typeorm';
import { ApiKeyEntity } from './api-key.entity.js';
import { CanaryEntity } from './canary.entity.js';
import { CompletionChoiceEntity } from './completion-choice.entity.js';
import { CompletionEntity } from './completion.entity.js';
import { DatasetEntity } from './dataset.entity.js';
import { DatasetItemEntity } from './dataset-item.entity.js';
import { DownloadEntity } from './download.entity.js';
import { EvaluationAnswerEntity } from './evaluation-answer.entity.js';
import { EvaluationEntity } from './evaluation.entity.js';
import { GenerationEntity } from './generation.entity.js';
import { InviteEntity } from './invite.entity.js';
import { ModelEntity } from './model.entity.js';
import { ModelVersionEventEntity } from './model-version-event.entity.js';
import { ModelVersionEntity } from './model-version.entity.js';
import { PromotionEntity } from './promotion.entity.js';
import { PromptEntity } from './prompt.entity.js';
import { PromptSetEntity } from './prompt-set.entity.js';
import { RoundEntity } from './round.entity.js';
import { RoundPlanEntity } from './round-plan.entity.js';
import { RoundRunEntity } from './round-run.entity.js';
import { RatingQueueEntity } from './rating-queue.entity.js';
import { RunEntity } from './run.entity.js';
import { RunEventEntity } from './run-event.entity.js';
import { RunPointEntity } from './run-point.entity.js';
import { RunRolloutEntity } from './run-rollout.entity.js';
import { RunSampleEntity } from './run-sample.entity.js';
import { SessionEntity } from './session.entity.js';
import { SettingEntity } from './setting.entity.js';
import { UserEntity } from './user.entity.js';
import { VersionPinEntity } from './version-pin.entity.js';
import { ConversationEntity } from './conversation.entity.js';
import { FolderEntity } from './folder.entity.js';
import { MessageEntity } from './message.entity.js';
import { ShareEntity } from './share.entity.js';

/** All entities, in the order of their folders; a new one is listed here. */
export const entities: (EntitySchema | (new () => object))[] = [
  ModelEntity,
  ModelVersionEntity,
  ModelVersionEventEntity,
  DownloadEntity,
  GenerationEntity,
  SettingEntity,
  UserEntity,
  SessionEntity,
  InviteEntity,
  ApiKeyEntity,
  CompletionEntity,
  CompletionChoiceEntity,
  FolderEntity,
  ConversationEntity,
  MessageEntity,
  ShareEntity,
  DatasetEntity,
  DatasetItemEntity,
  PromptSetEntity,
  PromptEntity,
  RunEntity,
  RunPointEntity,
  RunEventEntity,
  RunSampleEntity,
  RunRolloutEntity,
  EvaluationEntity,
  EvaluationAnswerEntity,
  PromotionEntity,
  CanaryEntity,
  VersionPinEntity,
  RoundPlanEntity,
  RoundEntity,
  RoundRunEntity,
  RatingQueueEntity,
];

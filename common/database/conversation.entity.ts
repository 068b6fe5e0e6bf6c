import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { ConversationParameters } from '../contracts/conversations.js';

/** Where a title came from. `words` are the first ones of the first message, until the model is asked for a better one, once. */
export type TitleSource = 'none' | 'words' | 'model' | 'person';

/** A conversation; its messages are a tree. */
@Entity('conversations')
export class ConversationEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'user_id' }) userId!: string;
  @Column('uuid', { name: 'folder_id', nullable: true }) folderId!: string | null;
  @Column('text', { default: '' }) title!: string;
  @Column('text', { name: 'title_source', default: 'none' }) titleSource!: TitleSource;
  @Column('boolean', { default: false }) pinned!: boolean;
  @Column('text', { name: 'system_prompt', default: '' }) systemPrompt!: string;
  @Column('jsonb') parameters!: ConversationParameters;
  /** Null follows the account's setting. */
  @Column('boolean', { name: 'training_consent', nullable: true }) trainingConsent!: boolean | null;
  /** Last message of the branch that is shown. */
  @Column('uuid', { name: 'leaf_id', nullable: true }) leafId!: string | null;
  @Column('text', { default: '' }) draft!: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  /** When something was last said, not when a setting was last changed: the list is sorted by it. */
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' }) updatedAt!: Date;
}

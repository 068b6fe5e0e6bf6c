import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** An answer that the OpenAI-compatible API gave; kept so that feedback can name it later. Its choices are `CompletionChoiceEntity`s. */
@Entity('completions')
export class CompletionEntity {
  /** `chatcmpl-...`, as the caller knows it. */
  @PrimaryColumn('text') id!: string;
  @Column('uuid', { name: 'user_id' }) userId!: string;
  /** Null once the key has been revoked. */
  @Column('uuid', { name: 'api_key_id', nullable: true }) apiKeyId!: string | null;
  /** What the caller named. */
  @Column('text', { name: 'model_name' }) modelName!: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { safeInteger } from './safe-integer.transformer.js';

/** A base model: one GGUF in the artefact store. */
@Entity('models')
export class ModelEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text', { name: 'catalogue_id', nullable: true }) catalogueId!: string | null;
  @Column('text', { nullable: true }) licence!: string | null;
  /** Where it was fetched from. */
  @Column('text') source!: string;
  /** Relative to the data folder, or absolute for a `file:` source that is served where it lies. */
  @Column('text') path!: string;
  @Column('bigint', { name: 'size_bytes', transformer: safeInteger }) sizeBytes!: number;
  @Column('text') sha256!: string;
  @Column('text') architecture!: string;
  @Column('bigint', { transformer: safeInteger }) parameters!: number;
  @Column('int', { name: 'context_tokens' }) contextTokens!: number;
  @Column('boolean', { name: 'is_default', default: false }) isDefault!: boolean;
  /** The reward model that judges its answers; null leaves it to the newest one. */
  @Column('uuid', { name: 'reward_version_id', nullable: true }) rewardVersionId!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

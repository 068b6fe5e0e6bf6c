import {
  Column,
  CreateDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import type { TrainingLineage, VersionOrigin } from '../contracts/lineage.js';
import { ModelEntity } from './model.entity.js';

/** What can answer: a base model (no adapter), or a LoRA adapter on it. */
@Entity('model_versions')
export class ModelVersionEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'model_id' }) modelId!: string;
  @ManyToOne(() => ModelEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'model_id' })
  model!: Relation<ModelEntity>;
  /** Unique; what the API calls the model. */
  @Column('text') name!: string;
  @Column('text', { name: 'adapter_path', nullable: true }) adapterPath!: string | null;
  @Column('text', { name: 'adapter_sha256', nullable: true }) adapterSha256!: string | null;
  /** The version that new answers of this base come from; at most one per model. */
  @Column('boolean', { name: 'is_live', default: false }) isLive!: boolean;
  /** It scores answers and gives none. */
  @Column('boolean', { name: 'is_reward_model', default: false }) isRewardModel!: boolean;
  /** Pieces of feedback that it was trained on and that are there; and those of them that are still said. */
  @Column('int', { name: 'learnt_sources', default: 0 }) learntSources!: number;
  @Column('int', { name: 'counted_sources', default: 0 }) countedSources!: number;
  /** Pieces of feedback that it was trained on and that have been erased since; more than 0 calls for training it anew. */
  @Column('int', { name: 'erased_sources', default: 0 }) erasedSources!: number;
  /** Of what was trained: base, data, settings, code; the run's own words. Null for a base. */
  @Column('jsonb', { nullable: true }) lineage!: TrainingLineage | null;
  /** The run that made it, what that learnt from and began as; they may be gone. Null for a base. */
  @Column('jsonb', { nullable: true }) origin!: VersionOrigin | null;
  /** Markdown that the run wrote of it. Null for a base. */
  @Column('text', { nullable: true }) card!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

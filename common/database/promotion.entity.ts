import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Gate, Promotion } from '../contracts/evaluations.js';

/** One change of what is live; appended, never altered. */
@Entity('promotions')
export class PromotionEntity {
  @PrimaryColumn('uuid') id!: string;
  /** Order of the changes. */
  @Column({ type: 'bigint', insert: false, update: false }) sequence!: string;
  @Column('uuid', { name: 'model_id' }) modelId!: string;
  @Column('text') kind!: Promotion['kind'];
  @Column('uuid', { name: 'version_id', nullable: true }) versionId!: string | null;
  @Column('text', { name: 'version_name' }) versionName!: string;
  @Column('uuid', { name: 'previous_id', nullable: true }) previousId!: string | null;
  @Column('text', { name: 'previous_name' }) previousName!: string;
  @Column('text', { nullable: true }) reason!: string | null;
  @Column('jsonb', { nullable: true }) gate!: Gate | null;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

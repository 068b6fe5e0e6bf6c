import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { QueuePrompts } from '../contracts/rating-queues.js';

/** A blind queue for raters. Its versions have no foreign keys and keep their names: it is told of after they are gone. */
@Entity('rating_queues')
export class RatingQueueEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('uuid', { name: 'first_id' }) firstId!: string;
  @Column('text', { name: 'first_name' }) firstName!: string;
  @Column('uuid', { name: 'second_id' }) secondId!: string;
  @Column('text', { name: 'second_name' }) secondName!: string;
  @Column('jsonb') prompts!: QueuePrompts;
  @Column('text', { name: 'prompts_name' }) promptsName!: string;
  @Column('int', { name: 'raters_per_pair' }) ratersPerPair!: number;
  @Column('boolean', { name: 'is_open', default: true }) isOpen!: boolean;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

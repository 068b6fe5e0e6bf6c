import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { PromptPurpose } from '../contracts/prompt-sets.js';

@Entity('prompt_sets')
export class PromptSetEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') purpose!: PromptPurpose;
  @Column('text', { default: '' }) description!: string;
  /** Came with Attune. */
  @Column('boolean', { name: 'is_built_in', default: false }) isBuiltIn!: boolean;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  /** When it, or one of its prompts, was last changed. */
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Check } from '../contracts/checks.js';
import type { ChatTurn } from '../contracts/generation.js';

/** A prompt of a set. */
@Entity('prompts')
export class PromptEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'set_id' }) setId!: string;
  /** Order within the set; has gaps where prompts were deleted. */
  @Column('int') position!: number;
  @Column('jsonb') messages!: ChatTurn[];
  @Column('jsonb', { default: [] }) checks!: Check[];
}

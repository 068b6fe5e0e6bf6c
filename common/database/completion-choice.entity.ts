import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One of a completion's `n` choices, and the generation that it is. */
@Entity('completion_choices')
export class CompletionChoiceEntity {
  @PrimaryColumn('text', { name: 'completion_id' }) completionId!: string;
  /** The choice's index, from 0. */
  @PrimaryColumn('int') choice!: number;
  @Column('uuid', { name: 'generation_id' }) generationId!: string;
}

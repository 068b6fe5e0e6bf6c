import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Check } from '../contracts/checks.js';
import type { CheckedSide } from '../contracts/evaluations.js';
import type { ChatTurn } from '../contracts/generation.js';

/** What both versions said to a prompt of a set, and what the checks say of it. */
@Entity('evaluation_answers')
export class EvaluationAnswerEntity {
  @PrimaryColumn('uuid', { name: 'evaluation_id' }) evaluationId!: string;
  @PrimaryColumn('int') position!: number;
  @Column('uuid', { name: 'set_id' }) setId!: string;
  @Column('jsonb') messages!: ChatTurn[];
  @Column('jsonb') checks!: Check[];
  @Column('jsonb') candidate!: CheckedSide;
  @Column('jsonb') live!: CheckedSide;
}

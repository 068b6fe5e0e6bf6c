import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { ErrorBody } from '../contracts/errors.js';
import type { Gate } from '../contracts/evaluations.js';
import type { RoundOccasion, RoundPlan, RoundState, RoundStep } from '../contracts/rounds.js';

/**
 * Once around the circle; the row says where it stands, and nothing else does.
 *
 * What a step makes has its id before it is made, so that a step which is done again finds what it made the first time.
 */
@Entity('rounds')
export class RoundEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'model_id' }) modelId!: string;
  @Column('int') number!: number;
  /** As it was when the round began. */
  @Column('jsonb') plan!: RoundPlan;
  @Column('text') occasion!: RoundOccasion;
  @Column('text', { default: 'running' }) state!: RoundState;
  @Column('text', { default: 'dataset' }) step!: RoundStep;
  @Column('timestamptz', { name: 'stepped_at', default: () => 'now()' }) steppedAt!: Date;
  /** How often the current step came to nothing for a reason that may pass by itself. */
  @Column('int', { default: 0 }) faults!: number;
  @Column('int', { name: 'new_acts' }) newActs!: number;
  @Column('uuid', { name: 'start_version_id' }) startVersionId!: string;
  @Column('text', { name: 'start_version_name' }) startVersionName!: string;
  @Column('uuid', { name: 'dataset_id' }) datasetId!: string;
  @Column('uuid', { name: 'candidate_id', nullable: true }) candidateId!: string | null;
  @Column('text', { name: 'candidate_name', nullable: true }) candidateName!: string | null;
  @Column('uuid', { name: 'evaluation_id' }) evaluationId!: string;
  @Column('jsonb', { nullable: true }) gate!: Gate | null;
  @Column('uuid', { name: 'approved_by', nullable: true }) approvedBy!: string | null;
  @Column('uuid', { name: 'promotion_id', nullable: true }) promotionId!: string | null;
  @Column('jsonb', { nullable: true }) error!: ErrorBody | null;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}

import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { ErrorBody } from '../contracts/errors.js';
import type {
  EvaluatedSet,
  EvaluationResult,
  EvaluationState,
  JudgedKind,
} from '../contracts/evaluations.js';

/** A candidate judged against what was live then. Without foreign keys, and with their names: it is told of after they are gone. */
@Entity('evaluations')
export class EvaluationEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'candidate_id' }) candidateId!: string;
  @Column('text', { name: 'candidate_name' }) candidateName!: string;
  @Column('uuid', { name: 'live_id' }) liveId!: string;
  @Column('text', { name: 'live_name' }) liveName!: string;
  @Column('uuid', { name: 'dataset_id' }) datasetId!: string;
  @Column('text', { name: 'dataset_name' }) datasetName!: string;
  @Column('text', { name: 'judged_kind', default: 'preference' }) judgedKind!: JudgedKind;
  @Column('jsonb', { name: 'prompt_sets', default: [] }) promptSets!: EvaluatedSet[];
  /** The reward model that judges beside; null where the base had none. */
  @Column('uuid', { name: 'reward_version_id', nullable: true }) rewardVersionId!: string | null;
  @Column('text', { default: 'queued' }) state!: EvaluationState;
  @Column('jsonb', { nullable: true }) result!: EvaluationResult | null;
  @Column('jsonb', { nullable: true }) error!: ErrorBody | null;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}

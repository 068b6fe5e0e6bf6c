import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type {
  ContextUse,
  GenerationRequest,
  Provenance,
  StopReason,
  Timings,
  TokenLogProb,
  Usage,
} from '../contracts/generation.js';

/** One answer in the making, or made: the row that job and stream can be made again from. The worker writes everything below `request`. */
@Entity('generations')
export class GenerationEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'model_version_id' }) modelVersionId!: string;
  /** Request id from the edge, for the logs. */
  @Column('text', { name: 'request_id' }) requestId!: string;
  @Column('jsonb') request!: GenerationRequest;
  @Column('text', { default: 'queued' }) status!: 'queued' | 'running' | 'complete' | 'stopped' | 'failed';
  /** What was said so far; brought up to date about once a second while running, so that a lost stream costs little. */
  @Column('text', { default: '' }) text!: string;
  @Column('text', { name: 'stop_reason', nullable: true }) stopReason!: StopReason | null;
  @Column('jsonb', { nullable: true }) context!: ContextUse | null;
  @Column('jsonb', { nullable: true }) usage!: Usage | null;
  @Column('jsonb', { nullable: true }) timings!: Timings | null;
  @Column('jsonb', { nullable: true }) provenance!: Provenance | null;
  @Column('jsonb', { name: 'log_probs', nullable: true, select: false }) logProbs!: TokenLogProb[] | null;
  @Column('jsonb', { nullable: true }) error!: { code: string; message: string } | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}

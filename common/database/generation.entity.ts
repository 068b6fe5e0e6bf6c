import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Failure } from '../contracts/failure.js';
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
  /** Whom it is for: erasing the person erases the row. Null for the installation's own, such as a warm-up. */
  @Column('uuid', { name: 'user_id', nullable: true }) userId!: string | null;
  /** The chat message it answers as; null for an API completion. A continued message has several, of which it names the last. */
  @Column('uuid', { name: 'message_id', nullable: true }) messageId!: string | null;
  /** The conversation it is about, though no message of it: a title. */
  @Column('uuid', { name: 'conversation_id', nullable: true }) conversationId!: string | null;
  /** The pair of a raters' queue that it is one side of. */
  @Column('uuid', { name: 'rating_pair_id', nullable: true }) ratingPairId!: string | null;
  /** Generations of one job (choices of one prompt) share it; the queue's job id is derived from it. */
  @Column('uuid', { name: 'job_id', default: () => 'gen_random_uuid()' }) jobId!: string;
  /** How often its job was given up (crashes, not Redis losses) and enqueued again. */
  @Column('int', { default: 0 }) restarts!: number;
  /** Request id from the edge, for the logs. */
  @Column('text', { name: 'request_id' }) requestId!: string;
  @Column('jsonb') request!: GenerationRequest;
  @Column('text', { default: 'queued' }) status!: 'queued' | 'running' | 'complete' | 'stopped' | 'failed';
  /** The worker that has it, or had it last: one that lost it meanwhile must not write any more. */
  @Column('uuid', { name: 'taken_by', nullable: true }) takenBy!: string | null;
  /** What was said so far; brought up to date about once a second while running, so that a lost stream costs little. */
  @Column('text', { default: '' }) text!: string;
  @Column('text', { name: 'stop_reason', nullable: true }) stopReason!: StopReason | null;
  @Column('jsonb', { nullable: true }) context!: ContextUse | null;
  @Column('jsonb', { nullable: true }) usage!: Usage | null;
  @Column('jsonb', { nullable: true }) timings!: Timings | null;
  @Column('jsonb', { nullable: true }) provenance!: Provenance | null;
  @Column('jsonb', { name: 'log_probs', nullable: true, select: false }) logProbs!: TokenLogProb[] | null;
  @Column('jsonb', { nullable: true }) error!: Failure | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}

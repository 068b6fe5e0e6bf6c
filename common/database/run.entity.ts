import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { ErrorBody } from '../contracts/errors.js';
import type { RunArtefact, RunPlan, RunProgress } from '../contracts/run-events.js';
import type { RunPriority, RunRepeat, RunSharing, RunState } from '../contracts/run-records.js';
import type { RunConfig, RunKind } from '../contracts/runs.js';

/** A training run; the row that its job can be made again from. Its files lie in `runs/<id>` of the artefact folder. */
@Entity('runs')
export class RunEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') kind!: RunKind;
  @Column('jsonb') config!: RunConfig;
  @Column('text', { default: 'queued' }) state!: RunState;
  /** Without foreign keys, and with their names: a run is told of after what it used is gone. */
  @Column('uuid', { name: 'model_id' }) modelId!: string;
  @Column('text', { name: 'model_name' }) modelName!: string;
  @Column('uuid', { name: 'start_version_id' }) startVersionId!: string;
  @Column('text', { name: 'start_version_name' }) startVersionName!: string;
  @Column('uuid', { name: 'dataset_id' }) datasetId!: string;
  @Column('text', { name: 'dataset_name' }) datasetName!: string;
  @Column('jsonb', { name: 'sample_prompts' }) samplePrompts!: string[];
  @Column('text', { default: 'normal' }) priority!: RunPriority;
  @Column('text', { default: 'share' }) sharing!: RunSharing;
  @Column('timestamptz', { name: 'scheduled_at', nullable: true }) scheduledAt!: Date | null;
  @Column('text', { default: 'once' }) repeats!: RunRepeat;
  /** Somebody asked for its end; the worker that has it looks every few seconds. */
  @Column('boolean', { name: 'cancel_requested', default: false }) cancelRequested!: boolean;
  /** Optimiser steps done. */
  @Column('int', { default: 0 }) step!: number;
  @Column('int', { name: 'total_steps', nullable: true }) totalSteps!: number | null;
  @Column('jsonb', { nullable: true }) phase!: RunProgress | null;
  @Column('real', { name: 'seconds_per_step', nullable: true }) secondsPerStep!: number | null;
  @Column('jsonb', { nullable: true }) plan!: RunPlan | null;
  /** Of the last step and the last evaluation. */
  @Column('jsonb', { default: {} }) metrics!: Record<string, number>;
  @Column('jsonb', { nullable: true }) error!: ErrorBody | null;
  @Column('jsonb', { default: [] }) artefacts!: RunArtefact[];
  @Column('uuid', { name: 'result_version_id', nullable: true }) resultVersionId!: string | null;
  /** The worker that has it, or had it last: one that lost it meanwhile must not write any more. */
  @Column('uuid', { name: 'taken_by', nullable: true }) takenBy!: string | null;
  /** Where that worker computes; two runs never compute on one machine. */
  @Column('text', { nullable: true }) machine!: string | null;
  /** When that worker last said that it has it. */
  @Column('timestamptz', { name: 'seen_at', nullable: true }) seenAt!: Date | null;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column('timestamptz', { name: 'started_at', nullable: true }) startedAt!: Date | null;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}

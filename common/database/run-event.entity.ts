import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { RunEvent } from '../contracts/run-events.js';

/** A line of a run's log: what it told, but for steps, which are points, and counted progress. */
@Entity('run_events')
export class RunEventEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' }) id!: string;
  @Column('uuid', { name: 'run_id' }) runId!: string;
  @Column('timestamptz') at!: Date;
  @Column('jsonb') event!: RunEvent;
}

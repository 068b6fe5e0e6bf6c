import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RolloutGroup } from '../contracts/run-events.js';

/** What a step of a run that answers itself has sampled, as far as it is told; a long run keeps every so many steps. */
@Entity('run_rollouts')
export class RunRolloutEntity {
  @PrimaryColumn('uuid', { name: 'run_id' }) runId!: string;
  @PrimaryColumn('int') step!: number;
  @Column('timestamptz') at!: Date;
  @Column('jsonb') groups!: RolloutGroup[];
}

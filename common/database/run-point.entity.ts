import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A run's metrics after one step, those of an evaluation at it included. */
@Entity('run_points')
export class RunPointEntity {
  @PrimaryColumn('uuid', { name: 'run_id' }) runId!: string;
  @PrimaryColumn('int') step!: number;
  @Column('timestamptz') at!: Date;
  @Column('jsonb') metrics!: Record<string, number>;
}

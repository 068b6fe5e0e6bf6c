import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One run of a round, by its place in the recipe. */
@Entity('round_runs')
export class RoundRunEntity {
  @PrimaryColumn('uuid', { name: 'round_id' }) roundId!: string;
  @PrimaryColumn('int') position!: number;
  @Column('uuid', { name: 'run_id' }) runId!: string;
}

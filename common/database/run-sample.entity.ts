import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the model in training said to one of the run's fixed prompts after so many steps. */
@Entity('run_samples')
export class RunSampleEntity {
  @PrimaryColumn('uuid', { name: 'run_id' }) runId!: string;
  @PrimaryColumn('int') step!: number;
  @PrimaryColumn('int') position!: number;
  @Column('text') prompt!: string;
  @Column('text') answer!: string;
}

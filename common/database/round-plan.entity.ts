import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RoundPlan } from '../contracts/rounds.js';

/** How the rounds of a model go; one a model. */
@Entity('round_plans')
export class RoundPlanEntity {
  @PrimaryColumn('uuid', { name: 'model_id' }) modelId!: string;
  @Column('jsonb') plan!: RoundPlan;
  /** In whose name rounds begin by themselves. */
  @Column('uuid', { name: 'saved_by', nullable: true }) savedBy!: string | null;
  @Column('timestamptz', { name: 'saved_at', default: () => 'now()' }) savedAt!: Date;
  /** Set when two rounds in a row won nothing; none begins by itself until the plan is saved anew or a round is asked for. */
  @Column('timestamptz', { name: 'stopped_at', nullable: true }) stoppedAt!: Date | null;
}

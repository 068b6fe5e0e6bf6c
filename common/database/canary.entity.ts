import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A version that answers some of a model's new conversations; at most one a model. */
@Entity('canaries')
export class CanaryEntity {
  @PrimaryColumn('uuid', { name: 'model_id' }) modelId!: string;
  @Column('uuid', { name: 'version_id' }) versionId!: string;
  /** Percent of the conversations that were begun since. */
  @Column('real') share!: number;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

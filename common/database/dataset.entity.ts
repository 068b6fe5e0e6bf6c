import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { DataCounts, DatasetReport, DatasetSource, SplitSettings } from '../contracts/datasets.js';

/** A frozen snapshot of training data; its rows lie in files. */
@Entity('datasets')
export class DatasetEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('int') version!: number;
  @Column('jsonb') source!: DatasetSource;
  @Column('jsonb', { name: 'split_settings' }) splitSettings!: SplitSettings;
  /** SHA-256, hex, over the files as they were frozen; erasing a person does not change it. */
  @Column('text', { name: 'content_hash' }) contentHash!: string;
  @Column('jsonb') counts!: DataCounts;
  @Column('jsonb') report!: DatasetReport;
  /** Of its files, relative to the artefact folder; common/config/artefacts.ts. */
  @Column('text') folder!: string;
  @Column('int', { name: 'erased_rows', default: 0 }) erasedRows!: number;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

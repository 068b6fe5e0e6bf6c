import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Download } from '../contracts/models.js';
import { safeInteger } from './safe-integer.transformer.js';

/** A model on its way here; the row that its job can be made again from. */
@Entity('downloads')
export class DownloadEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text', { name: 'catalogue_id', nullable: true }) catalogueId!: string | null;
  @Column('text', { nullable: true }) licence!: string | null;
  /** Tried in order. */
  @Column('jsonb') sources!: { source: string; sha256?: string }[];
  /** Becomes the default model once it is here. */
  @Column('boolean', { name: 'make_default', default: false }) makeDefault!: boolean;
  @Column('text', { default: 'queued' }) state!: Download['state'];
  @Column('bigint', { name: 'received_bytes', default: 0, transformer: safeInteger })
  receivedBytes!: number;
  @Column('bigint', {
    name: 'total_bytes',
    nullable: true,
    transformer: safeInteger,
  })
  totalBytes!: number | null;
  @Column('text', { nullable: true }) source!: string | null;
  @Column('jsonb', { nullable: true }) error!: Download['error'];
  @Column('uuid', { name: 'model_id', nullable: true }) modelId!: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DataKind, DataSplit } from '../contracts/dataset-formats.js';

/** What a row of a snapshot goes back to. Its text is in the snapshot's file alone, under the same id. */
@Entity('dataset_items')
export class DatasetItemEntity {
  @PrimaryColumn('uuid', { name: 'dataset_id' }) datasetId!: string;
  /** Order within the snapshot, from 0. */
  @PrimaryColumn('int') position!: number;
  /** As the file's column `id` has it. */
  @Column('text', { name: 'row_id' }) rowId!: string;
  @Column('text') kind!: DataKind;
  @Column('text') split!: DataSplit;
  /** Feedback events that say it; none for a row of an uploaded file. */
  @Column('uuid', { name: 'event_ids', array: true }) eventIds!: string[];
  /** Of a prompt: the messages, or the prompts of sets, that ask it. */
  @Column('uuid', { name: 'source_ids', array: true, default: [] }) sourceIds!: string[];
  /** SHA-256, hex, of what the row says: equal in every dataset that holds it. */
  @Column('text', { name: 'content_hash' }) contentHash!: string;
  @Column('text', { name: 'prompt_hash' }) promptHash!: string;
  /** Whose words and judgement it is: when one of them is erased, the row goes. */
  @Column('uuid', { array: true }) people!: string[];
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * That a model version was trained on a piece of feedback. When the feedback is erased, with its person or its conversation, the row goes;
 * the version's `learntSources`, `countedSources` and `erasedSources` follow (triggers: see the migrations).
 */
@Entity('model_version_events')
export class ModelVersionEventEntity {
  @PrimaryColumn('uuid', { name: 'model_version_id' }) modelVersionId!: string;
  @PrimaryColumn('uuid', { name: 'event_id' }) eventId!: string;
  /** Still said: neither taken back nor replaced. */
  @Column('boolean', { name: 'is_counted', default: true }) isCounted!: boolean;
}

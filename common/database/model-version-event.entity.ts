import { Entity, PrimaryColumn } from 'typeorm';

/**
 * That a model version was trained on a piece of feedback. When the feedback is erased, with its person or its conversation, the row goes
 * and the version's `erasedSources` is counted up (a trigger: see the migration).
 */
@Entity('model_version_events')
export class ModelVersionEventEntity {
  @PrimaryColumn('uuid', { name: 'model_version_id' }) modelVersionId!: string;
  @PrimaryColumn('uuid', { name: 'event_id' }) eventId!: string;
}

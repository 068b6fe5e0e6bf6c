import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** The version that a person stays on, whatever goes live. */
@Entity('version_pins')
export class VersionPinEntity {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId!: string;
  @Column('uuid', { name: 'version_id' }) versionId!: string;
  /** As it was called then. */
  @Column('text', { name: 'version_name' }) versionName!: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

import { Column, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** What an admin can change, and what the installation remembers of itself, one row a setting. */
@Entity('settings')
export class SettingEntity {
  @PrimaryColumn('text') key!: string;
  @Column('jsonb') value!: unknown;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}

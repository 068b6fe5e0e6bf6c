import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A person's folder of conversations; deleting it leaves them, unfiled. */
@Entity('folders')
export class FolderEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'user_id' }) userId!: string;
  @Column('text') name!: string;
  @Column('int', { default: 0 }) position!: number;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

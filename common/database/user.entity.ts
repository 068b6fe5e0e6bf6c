import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../contracts/accounts.js';

/** A person with an account. What belongs to one refers to this table with ON DELETE CASCADE, so that erasing the row erases it all. */
@Entity('users')
export class UserEntity {
  @PrimaryColumn('uuid') id!: string;
  /** Lower case; unique. */
  @Column('text') email!: string;
  @Column('text') name!: string;
  @Column('text') role!: Role;
  @Column('text', { default: 'en' }) locale!: 'en' | 'zh';
  @Column('boolean', { name: 'training_consent', default: false }) trainingConsent!: boolean;
  /** A disabled account keeps its data; its sessions and keys open nothing. */
  @Column('boolean', { default: false }) disabled!: boolean;
  /** argon2id, in PHC form. Not selected unless asked for. */
  @Column('text', { name: 'password_hash', select: false }) passwordHash!: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../contracts/accounts.js';

/** A link that makes one account of the given role. */
@Entity('invites')
export class InviteEntity {
  @PrimaryColumn('uuid') id!: string;
  /** SHA-256 of the link's token. */
  @Column('bytea', { name: 'token_hash' }) tokenHash!: Buffer;
  @Column('text') role!: Role;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt!: Date;
  @Column('timestamptz', { name: 'used_at', nullable: true }) usedAt!: Date | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

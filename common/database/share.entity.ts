import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { SharedConversation } from '../contracts/conversations.js';

/** A read-only link to a branch as it was when it was shared. Deleting the row revokes the link. */
@Entity('shares')
export class ShareEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'conversation_id' }) conversationId!: string;
  /** SHA-256 of the token in the link. */
  @Column('bytea', { name: 'token_hash', select: false }) tokenHash!: Buffer;
  @Column('jsonb', { select: false }) snapshot!: SharedConversation;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

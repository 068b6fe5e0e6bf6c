import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { AnswerDetails, MessageRole } from '../contracts/conversations.js';

/**
 * A node of a conversation's tree.
 *
 * An answer's text is copied here from its generation when that ends (AnswerSettler), so that a finished conversation is read, searched
 * and exported from this table alone; until then the row says `queued` and the text so far is the generation's.
 */
@Entity('messages')
export class MessageEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'conversation_id' }) conversationId!: string;
  @Column('uuid', { name: 'parent_id', nullable: true }) parentId!: string | null;
  /** Order of creation. */
  @Column({ type: 'bigint', insert: false, update: false })
  sequence!: string;
  @Column('text') role!: MessageRole;
  @Column('text') content!: string;
  /** `queued` until the generation has ended and been copied. */
  @Column('text') status!: 'queued' | 'complete' | 'stopped' | 'failed';
  @Column('uuid', { name: 'edited_from_id', nullable: true }) editedFromId!: string | null;
  /** The last of its generations that said something, which tells its text; `generations.message_id` names them all, and cascades. */
  @Column('uuid', { name: 'generation_id', nullable: true }) generationId!: string | null;
  /** What an imported file says of how the answer came to be: shown, never trained on. */
  @Column('jsonb', { name: 'imported_generation', nullable: true }) importedGeneration!: AnswerDetails | null;
  /** Words, their English stems, and pairs of CJK characters; server/chat/search-text.ts. */
  @Column('tsvector', { nullable: true, select: false }) search!: string | null;
  /** `search` was made by other rules, and is to be made again. */
  @Column({ type: 'boolean', name: 'search_outdated', select: false, insert: false, update: false })
  searchOutdated!: boolean;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

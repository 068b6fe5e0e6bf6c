import { createHash } from 'node:crypto';

/**
 * Is a conversation among a canary's? Always the same for the two of them; a larger share keeps all that were in a smaller one, and
 * another canary draws others.
 *
 * @param share  percent
 */
export function isInShare(conversationId: string, versionId: string, share: number): boolean {
  const hash = createHash('sha256').update(`${versionId}:${conversationId}`).digest();
  return (hash.readUInt32BE(0) / 2 ** 32) * 100 < share;
}

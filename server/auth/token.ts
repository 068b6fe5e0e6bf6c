/** Random secrets of which only a hash is kept. They have 256 bits, so a plain hash cannot be searched through, unlike a password's. */
import { createHash, randomBytes } from 'node:crypto';

export function drawToken(): string {
  return randomBytes(32).toString('base64url');
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

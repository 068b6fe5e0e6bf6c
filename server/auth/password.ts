/** Passwords as argon2id hashes, at OWASP's parameters (19 MiB, two passes). */
import { hash, verify, type Options } from '@node-rs/argon2';

const parameters: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}

/**
 * Takes as long for an account that does not exist as for one that does, so that the time tells nobody which addresses have one.
 *
 * @param passwordHash  null when there is no such account
 */
export async function isPassword(password: string, passwordHash: string | null): Promise<boolean> {
  placeholderHash ??= hashPassword('nobody has this password');
  const matches = await verify(passwordHash ?? (await placeholderHash), password);
  return matches && passwordHash !== null;
}

let placeholderHash: Promise<string> | undefined;

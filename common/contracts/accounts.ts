import { z } from 'zod';

export const roles = ['user', 'rater', 'admin'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

const email = z
  .email()
  .max(254)
  .transform((value) => value.toLowerCase());
const password = z.string().min(10).max(200);
const name = z.string().trim().min(1).max(80);

export const setupSchema = z.strictObject({ code: z.string().min(1).max(100), email, password, name });
export const loginSchema = z.strictObject({ email, password: z.string().min(1).max(200) });
export const acceptInviteSchema = z.strictObject({
  token: z.string().min(1).max(200),
  email,
  password,
  name,
});
export const createInviteSchema = z.strictObject({
  role: roleSchema,
  days: z.int().min(1).max(90).default(7),
});
export const createKeySchema = z.strictObject({ name });
export const updateMeSchema = z.strictObject({
  name: name.optional(),
  locale: z.enum(['en', 'zh']).optional(),
  trainingConsent: z.boolean().optional(),
});
export const changePasswordSchema = z.strictObject({ current: z.string().min(1).max(200), password });
export const updateUserSchema = z.strictObject({
  role: roleSchema.optional(),
  disabled: z.boolean().optional(),
});

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  locale: 'en' | 'zh';
  /** May this person's conversations and ratings be used for training? */
  trainingConsent: boolean;
  disabled: boolean;
  createdAt: string;
}
/** `GET /api/auth/state`: what the page needs before anyone is signed in. */
export interface AuthState {
  setupNeeded: boolean;
  user: User | null;
}
export interface ApiKey {
  id: string;
  name: string;
  /** First characters, to tell keys apart; the key itself is shown once, by `POST /api/keys`. */
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
}
/** Answer to `POST /api/keys`. */
export interface CreatedApiKey extends ApiKey {
  key: string;
}
export interface Invite {
  id: string;
  role: Role;
  createdAt: string;
  expiresAt: string;
  usedAt: string | null;
}

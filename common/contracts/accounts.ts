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

const timestamp = z.iso.datetime();

export const userSchema = z.strictObject({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  locale: z.enum(['en', 'zh']),
  /** May this person's conversations and ratings be used for training? */
  trainingConsent: z.boolean(),
  disabled: z.boolean(),
  createdAt: timestamp,
});
export type User = z.infer<typeof userSchema>;

/** `GET /api/auth/state`: what the page needs before anyone is signed in. */
export const authStateSchema = z.strictObject({ setupNeeded: z.boolean(), user: userSchema.nullable() });
export type AuthState = z.infer<typeof authStateSchema>;

export const apiKeySchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  /** First characters, to tell keys apart; the key itself is shown once, by `POST /api/keys`. */
  prefix: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;
/** Answer to `POST /api/keys`. */
export const createdApiKeySchema = apiKeySchema.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKeySchema>;

export const inviteSchema = z.strictObject({
  id: z.uuid(),
  role: roleSchema,
  createdAt: timestamp,
  expiresAt: timestamp,
  usedAt: timestamp.nullable(),
});
export type Invite = z.infer<typeof inviteSchema>;
/** Answer to `POST /api/invites`; the link is shown once. */
export const createdInviteSchema = inviteSchema.extend({
  /** Path of the page that makes the account, `/invite/<token>`. */
  path: z.string(),
});
export type CreatedInvite = z.infer<typeof createdInviteSchema>;

/** The environment, read here and nowhere else. Everything is optional; all faults are reported at once. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../contracts/errors.js';
import { modelSourceSchema } from '../contracts/models.js';
import { isProxyList } from './proxy-list.js';

/** A path that cannot be followed is none either: through a file, in circles, or where one may not look. */
function isFolder(typed: string): boolean {
  try {
    return statSync(typed).isDirectory();
  } catch {
    return false;
  }
}

const environmentSchema = z.object({
  ATTUNE_HOST: z.string().trim().min(1).default('127.0.0.1'),
  ATTUNE_PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  ATTUNE_DATA_DIR: z.string().trim().min(1).default('./data'),
  ATTUNE_MODEL: z.string().trim().pipe(modelSourceSchema).optional(),
  ATTUNE_GPU: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto'),
  ATTUNE_THREADS: z.coerce.number().int().min(1).max(1024).optional(),
  ATTUNE_LLAMA_DIR: z.string().trim().refine(isFolder, 'expected a folder that exists').optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  ATTUNE_ADMIN_EMAIL: z.email().optional(),
  ATTUNE_ADMIN_PASSWORD: z.string().min(10).optional(),
  HF_ENDPOINT: z.url().default('https://huggingface.co'),
  HF_TOKEN: z.string().trim().min(1).optional(),
  ATTUNE_TRUST_PROXY: z
    .string()
    .trim()
    .refine(
      isProxyList,
      'expected addresses, subnets, loopback, linklocal or uniquelocal, separated by commas',
    )
    .default('loopback'),
  ATTUNE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
});

/** Every variable that is read; the README explains each. */
export const settingNames: readonly string[] = Object.keys(environmentSchema.shape);

export interface Config {
  host: string;
  port: number;
  /** Absolute path of the folder that holds everything Attune writes. */
  dataDir: string;
  /** Source of the model to serve (`file: hf: https: pip:`); null leaves the choice to the catalogue's default. */
  model: string | null;
  gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off';
  /** CPU threads that compute; null leaves it to the machine. */
  threads: number | null;
  llamaDir: string | null;
  /** Null when the launcher is to run its own. */
  databaseUrl: string | null;
  redisUrl: string | null;
  /** Hugging Face's hub or a mirror, by the variables that its own tools read. */
  hub: { endpoint: string; token: string | null };
  firstAdmin: { email: string; password: string } | null;
  /** Proxies whose X-Forwarded-* headers are believed, as Express's `trust proxy` takes them: addresses, subnets, `loopback`, `linklocal`, `uniquelocal`. */
  trustProxy: string;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
}

/**
 * @param environment  variables to read; unknown ones are ignored, empty ones count as unset
 * @throws AppError `CONFIG_INVALID` naming every faulty variable
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const result = environmentSchema.safeParse(present);
  const issues = result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (!present.ATTUNE_ADMIN_EMAIL !== !present.ATTUNE_ADMIN_PASSWORD)
    issues.push('ATTUNE_ADMIN_EMAIL and ATTUNE_ADMIN_PASSWORD: give both or neither');
  if (!result.success || issues.length > 0) throw new AppError('CONFIG_INVALID', { issues });

  const env = result.data;
  return {
    host: env.ATTUNE_HOST,
    port: env.ATTUNE_PORT,
    dataDir: path.resolve(env.ATTUNE_DATA_DIR),
    model: env.ATTUNE_MODEL ?? null,
    gpu: env.ATTUNE_GPU,
    threads: env.ATTUNE_THREADS ?? null,
    llamaDir: env.ATTUNE_LLAMA_DIR ? path.resolve(env.ATTUNE_LLAMA_DIR) : null,
    databaseUrl: env.DATABASE_URL ?? null,
    redisUrl: env.REDIS_URL ?? null,
    hub: { endpoint: env.HF_ENDPOINT.replace(/\/+$/, ''), token: env.HF_TOKEN ?? null },
    firstAdmin:
      env.ATTUNE_ADMIN_EMAIL && env.ATTUNE_ADMIN_PASSWORD
        ? { email: env.ATTUNE_ADMIN_EMAIL, password: env.ATTUNE_ADMIN_PASSWORD }
        : null,
    trustProxy: env.ATTUNE_TRUST_PROXY,
    logLevel: env.ATTUNE_LOG_LEVEL,
  };
}

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

export const serviceSecretsSchema = z.object({
  password: z.string().min(16),
  port: z.number().int().min(0).max(65_535),
  /** Where its data lie, where that is chosen: absolute, or from Attune's data folder on. */
  folder: z.string().min(1).optional(),
});

/** What a service of the launcher's own is reached with; kept so that the next start uses the same. */
export type ServiceSecrets = z.infer<typeof serviceSecretsSchema>;

/** Null when there is no such file yet, or not a whole one. */
export function readSecrets(file: string): ServiceSecrets | null {
  try {
    return serviceSecretsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Readable by the present user alone. */
export function writeSecrets(file: string, secrets: ServiceSecrets): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify(secrets), { mode: 0o600 });
  renameSync(unfinished, file);
}

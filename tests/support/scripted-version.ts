import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/** Another version of the scripted model, with an adapter that no file is behind. @returns its id */
export async function registerScriptedVersion(db: Client, versionId: string): Promise<string> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO model_versions (id, model_id, name, adapter_path, adapter_sha256)
     SELECT $1, model_id, $2, 'none', $3 FROM model_versions WHERE id = $4`,
    [id, `scripted-${id}`, '1'.repeat(64), versionId],
  );
  return id;
}

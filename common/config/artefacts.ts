import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/** Absolute path of something in the artefact folder, where everything lies that runs read and make. */
export function toArtefactPath(dataDir: string, relative: string): string {
  return path.join(dataDir, 'artefacts', relative);
}

/** Where an evaluation copies rows to while it is under way, relative to the artefact folder. */
export const evaluationFolder = (id: string): string => path.join('evaluations', id);

/** How `mkdir` makes what holds people's conversations: for the present user alone. */
export const privateFolder = { recursive: true, mode: 0o700 } as const;

/** Makes the artefact folder, and closes one that an earlier Attune left open to other users of the machine. */
export function closeArtefacts(dataDir: string): void {
  const folder = toArtefactPath(dataDir, '');
  mkdirSync(folder, privateFolder);
  chmodSync(folder, privateFolder.mode);
}

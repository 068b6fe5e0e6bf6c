import path from 'node:path';

/** Absolute path of something in the artefact folder, where everything lies that runs read and make. */
export function toArtefactPath(dataDir: string, relative: string): string {
  return path.join(dataDir, 'artefacts', relative);
}

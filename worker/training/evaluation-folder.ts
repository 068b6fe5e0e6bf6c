import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { evaluationFolder, privateFolder, toArtefactPath } from '../../common/config/artefacts.js';

/**
 * What an evaluation has copied of conversations, for as long as it is under way. Whoever erases a person, or deletes the dataset, takes it
 * away: then the evaluation has to begin anew.
 */
export class EvaluationFolder implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  /** Empty: what a worker left that was killed goes first. */
  static async create(dataDir: string, id: string): Promise<EvaluationFolder> {
    const folder = new EvaluationFolder(toArtefactPath(dataDir, evaluationFolder(id)));
    await folder[Symbol.asyncDispose]();
    await mkdir(folder.folder, privateFolder);
    return folder;
  }

  get isThere(): boolean {
    return existsSync(this.folder);
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

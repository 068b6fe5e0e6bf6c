import { rm } from 'node:fs/promises';
import type { EntityManager } from 'typeorm';
import { evaluationFolder, toArtefactPath } from '../../../common/config/artefacts.js';
import { EvaluationEntity } from '../../../common/database/evaluation.entity.js';

/**
 * Takes away what evaluations have copied of a dataset's rows; those that are under way begin anew. While the dataset is locked none copies
 * any.
 */
export async function removeJudgedCopies(
  db: EntityManager,
  dataDir: string,
  datasetId: string,
): Promise<void> {
  const evaluations = await db.find(EvaluationEntity, { select: { id: true }, where: { datasetId } });
  for (const { id } of evaluations)
    await rm(toArtefactPath(dataDir, evaluationFolder(id)), { recursive: true, force: true });
}

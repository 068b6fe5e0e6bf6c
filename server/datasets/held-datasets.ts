import { In, type EntityManager } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { RunConfig } from '../../common/contracts/runs.js';
import { listTrainedRows } from '../../common/data/trained-rows.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';

/**
 * Keeps what a run reads from being deleted until the transaction ends, by when the run is there to keep it.
 *
 * @throws AppError `RESOURCE_NOT_FOUND` for a dataset that was deleted just now
 */
export async function holdDatasets(
  db: EntityManager,
  { config, datasetId }: { config: RunConfig; datasetId: string },
): Promise<void> {
  const ids = new Set(listTrainedRows(config, datasetId).map((rows) => rows.datasetId));
  const held = await db.find(DatasetEntity, {
    select: { id: true },
    where: { id: In([...ids]) },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_read' },
  });
  if (held.length < ids.size) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'dataset' });
}

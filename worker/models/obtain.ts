/** One download from its row to its model. The row carries progress and outcome; whoever wants to know reads it. */
import path from 'node:path';
import { In, type DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import type { Download } from '../../common/contracts/models.js';
import { DownloadEntity } from '../../common/database/download.entity.js';
import { obtainFile, type ObtainedFile } from './obtain-file.js';
import { registerModel } from './register-model.js';

/** How often progress is written, at most. */
const progressIntervalMs = 500;
const unfinished: Download['state'][] = ['queued', 'running', 'verifying'];

/**
 * Obtains and registers what a download's row asks for. A row that has ended is left alone, so that a job may be run twice.
 *
 * An abort leaves the row as it is: the one who cancels has written `cancelled`, and a process that is shutting down leaves it unfinished
 * for the next one.
 *
 * @throws AppError what the row's `error` says too; the abort reason
 */
export async function obtain(
  downloadId: string,
  { dataSource, config, signal }: { dataSource: DataSource; config: Config; signal: AbortSignal },
): Promise<void> {
  const rows = dataSource.getRepository(DownloadEntity);
  const download = await rows.findOneBy({ id: downloadId, state: In(unfinished) });
  if (!download) return;
  const update = (values: Partial<DownloadEntity>) =>
    rows.update({ id: downloadId, state: In(unfinished) }, values);

  let writtenAt = 0;
  const report = (values: Partial<DownloadEntity>, now = performance.now()) => {
    if (values.state === 'running' && now - writtenAt < progressIntervalMs) return;
    writtenAt = now;
    // Progress is a courtesy: a database that is away for a moment must not end the download.
    void update(values).catch(() => undefined);
  };
  try {
    const file = await obtainFile(download.sources, {
      folder: modelFolder(config),
      key: downloadId,
      hub: config.hub,
      signal,
      onProgress: (progress) => report({ state: 'running', ...progress }),
      onVerifying: () => report({ state: 'verifying' }),
    });
    await finish(download, file, { dataSource, dataDir: config.dataDir });
  } catch (error) {
    signal.throwIfAborted();
    const known =
      error instanceof AppError ? error : new AppError('SERVER_FAULT', { requestId: downloadId }, error);
    await update({ state: 'failed', error: known.toFailure() });
    throw known;
  }
}

/** Where fetched files lie. */
export const modelFolder = ({ dataDir }: Config): string => path.join(dataDir, 'models');

async function finish(
  download: DownloadEntity,
  file: ObtainedFile,
  { dataSource, dataDir }: { dataSource: DataSource; dataDir: string },
): Promise<void> {
  const modelId = await registerModel(dataSource, file, { ...download, dataDir });
  await dataSource.getRepository(DownloadEntity).update(download.id, {
    state: 'complete',
    modelId,
    receivedBytes: file.sizeBytes,
    totalBytes: file.sizeBytes,
    error: null,
  });
}

/** Shows the downloads that run while Attune has no model yet; the rows in Postgres say how far they are. */
import { setTimeout as delay } from 'node:timers/promises';
import { In, type DataSource } from 'typeorm';
import { DownloadEntity } from '../../common/database/download.entity.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import type { Terminal } from './terminal.js';

const intervalMs = 400;
/** After a failed download the worker asks for another model; before the first one it has to start. */
const patienceMs = { untilFirst: 15_000, untilNext: 3000 };

/**
 * Returns once there is a model, or nothing more on its way.
 *
 * @returns the name of the model that is served by default; null when none came, and after an abort
 */
export async function showModelProgress(
  dataSource: DataSource,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | null> {
  const models = dataSource.getRepository(ModelEntity);
  const shown = new ShownDownloads(dataSource, terminal);
  let busyAt = Date.now();
  while (!signal.aborted) {
    const model = await models.findOne({ where: {}, order: { isDefault: 'DESC' } });
    if (model) return model.name;
    if (await shown.update()) busyAt = Date.now();
    const limitMs = shown.hasAny ? patienceMs.untilNext : patienceMs.untilFirst;
    if (Date.now() - busyAt > limitMs) return null;
    await delay(intervalMs, undefined, { signal }).catch(() => {});
  }
  return null;
}

class ShownDownloads {
  readonly #watched = new Map<string, { at: number; receivedBytes: number }>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly terminal: Terminal,
  ) {}

  /** Whether there was any, this time. */
  hasAny = false;

  /** @returns whether anything is on its way */
  async update(): Promise<boolean> {
    const rows = this.dataSource.getRepository(DownloadEntity);
    const running = await rows.findBy({ state: In(['queued', 'running', 'verifying']) });
    await this.#sayFailures(new Set(running.map(({ id }) => id)));
    this.hasAny ||= running.length > 0;
    for (const download of running) {
      const first = this.#watched.get(download.id) ?? {
        at: Date.now(),
        receivedBytes: download.receivedBytes,
      };
      this.#watched.set(download.id, first);
      if (download.state !== 'running') continue;
      const seconds = (Date.now() - first.at) / 1000;
      this.terminal.progress({
        label: download.name,
        receivedBytes: download.receivedBytes,
        totalBytes: download.totalBytes,
        bytesPerSecond: seconds > 0 ? (download.receivedBytes - first.receivedBytes) / seconds : 0,
      });
    }
    return running.length > 0;
  }

  async #sayFailures(running: ReadonlySet<string>): Promise<void> {
    const ended = [...this.#watched.keys()].filter((id) => !running.has(id));
    if (ended.length === 0) return;
    const failed = await this.dataSource
      .getRepository(DownloadEntity)
      .findBy({ id: In(ended), state: 'failed' });
    for (const { name, error } of failed)
      this.terminal.warn(`${name} could not be fetched. ${error?.message ?? ''}`);
    for (const id of ended) this.#watched.delete(id);
  }
}

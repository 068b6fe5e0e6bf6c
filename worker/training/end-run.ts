/** Writes how a run ended: with a version of what it made, or without, and then nothing that was kept for one stays. */
import type { EntityManager } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import type { RunEntity } from '../../common/database/run.entity.js';
import type { RunOutcome } from './run-in-child.js';
import { dropResult, keepResult, registerResult } from './run-result.js';
import type { RunEnd, RunStore } from './run-store.js';

export interface EndOptions {
  store: RunStore;
  config: Config;
  /** Whatever it came to: it was told to stop before that could be written. */
  isCancelled: boolean;
}

type End = 'succeeded' | 'failed' | 'cancelled';

/** @returns `lost` when nothing was written, as the run is another worker's by now */
export async function endRun(
  run: RunEntity,
  outcome: RunOutcome,
  { store, config, isCancelled }: EndOptions,
): Promise<End | 'lost'> {
  const end = async (as: End, toEnd: (manager: EntityManager) => Promise<Omit<RunEnd, 'state'>>) =>
    (await store.end(run.id, async (manager) => ({ ...(await toEnd(manager)), state: as }))) ? as : 'lost';
  const endWithout = (as: End, ended: Omit<RunEnd, 'state'>) =>
    // While the row is held: of a run that another worker has, the file may be a version's by now.
    end(as, () => dropResult(run.id, config).then(() => ended));

  if (isCancelled || outcome.type === 'cancelled') return endWithout('cancelled', {});
  if (outcome.type === 'failed') return endWithout('failed', { error: outcome.error });
  const { artefacts } = outcome;
  const result = await keepResult(run, artefacts, config);
  return end('succeeded', async (manager) => ({
    artefacts,
    resultVersionId: result && (await registerResult(manager, run, result, config)),
  }));
}

/** What a finished run leaves to the installation: a version that can answer or judge, with its lineage, not yet the one that does. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { IsNull, type EntityManager } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import type { RunArtefact } from '../../common/contracts/run-events.js';
import { ModelEntity } from '../../common/database/model.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import type { RunEntity } from '../../common/database/run.entity.js';
import { inspectModel } from '../models/inspect-model.js';
import { freeVersionName } from '../models/version-name.js';
import { cardFile } from '../runs/artefacts.js';
import { hashFile } from '../runs/file-hash.js';
import { trainingLineageSchema, type TrainingLineage } from '../../common/contracts/lineage.js';
import { runFolder } from './run-files.js';
import { rememberSources } from './version-sources.js';

/** What was made, in a place where it outlives the run. */
export interface RunResult {
  kind: 'adapter' | 'model';
  /** Relative to the data folder. */
  path: string;
  sha256: string;
  lineage: TrainingLineage;
  /** Markdown. */
  card: string;
}

type ResultOf = Pick<RunEntity, 'id' | 'kind'>;

/**
 * Takes what can answer, or score answers, out of the run's folder; done again after a crash it does the same.
 *
 * @returns null for a reward model that was trained in full, which nothing can load beside its base
 */
export async function keepResult(
  run: ResultOf,
  artefacts: readonly RunArtefact[],
  { dataDir }: { dataDir: string },
): Promise<RunResult | null> {
  const made =
    artefacts.find(({ kind }) => kind === 'adapter') ?? artefacts.find(({ kind }) => kind === 'model');
  if (!made || (made.kind !== 'adapter' && made.kind !== 'model')) return null;
  if (run.kind === 'reward' && made.kind !== 'adapter') return null;
  const folder = runFolder({ dataDir }, run.id);
  const target = keptFile(dataDir, made.kind, run.id);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(path.join(folder, made.path), toPartial(target));
  await rename(toPartial(target), target);
  const lineage = trainingLineageSchema.parse(
    JSON.parse(await readFile(path.join(folder, 'run.json'), 'utf8')),
  );
  return {
    kind: made.kind,
    path: path.relative(dataDir, target),
    sha256: await hashFile(target),
    lineage,
    card: await readFile(path.join(folder, cardFile), 'utf8'),
  };
}

/** Removes what was kept of a run that makes no version; its own folder has it still. */
export async function dropResult(runId: string, { dataDir }: { dataDir: string }): Promise<void> {
  for (const kind of ['adapter', 'model'] as const) {
    const file = keptFile(dataDir, kind, runId);
    for (const name of [file, toPartial(file)]) await rm(name, { force: true });
  }
}

const keptFile = (dataDir: string, kind: RunResult['kind'], runId: string): string =>
  toArtefactPath(dataDir, path.join(`${kind}s`, `${runId}.gguf`));
const toPartial = (file: string): string => `${file}.part`;

/**
 * @returns id of the version. Full training that is repeated makes the bytes of a base that is there: then it is that base's own version,
 *   and the file that was kept goes
 */
export async function registerResult(
  manager: EntityManager,
  run: RunEntity,
  result: RunResult,
  { dataDir }: { dataDir: string },
): Promise<string> {
  await manager.query(`LOCK TABLE models IN SHARE ROW EXCLUSIVE MODE`);
  const isAdapter = result.kind === 'adapter';
  const existing = isAdapter ? null : await manager.findOneBy(ModelEntity, { sha256: result.sha256 });
  if (existing) {
    if (existing.path !== result.path) await rm(path.join(dataDir, result.path), { force: true });
    return getBaseVersion(manager, existing.id);
  }
  const modelId = isAdapter ? run.modelId : await registerBase(manager, run, { ...result, dataDir });
  const id = randomUUID();
  await manager.save(ModelVersionEntity, {
    id,
    modelId,
    name: await freeVersionName(manager, `${run.startVersionName}-${run.kind}`),
    adapterPath: isAdapter ? result.path : null,
    adapterSha256: isAdapter ? result.sha256 : null,
    // The only version of a base of its own; the default is another one until somebody says otherwise.
    isLive: !isAdapter,
    isRewardModel: run.kind === 'reward',
    lineage: result.lineage,
    origin: {
      run: { id: run.id, name: run.name },
      dataset: { id: run.datasetId, name: run.datasetName },
      start: { id: run.startVersionId, name: run.startVersionName },
    },
    card: result.card,
  });
  await rememberSources(manager, id, run);
  return id;
}

/** Full training makes a base. */
async function registerBase(
  manager: EntityManager,
  run: RunEntity,
  { path: stored, sha256, dataDir }: RunResult & { dataDir: string },
): Promise<string> {
  const file = path.join(dataDir, stored);
  const { architecture, parameters, contextTokens } = await inspectModel(file);
  const base = await manager.findOneBy(ModelEntity, { id: run.modelId });
  const id = randomUUID();
  await manager.insert(ModelEntity, {
    id,
    name: `${run.modelName} (${run.name})`,
    catalogueId: null,
    licence: base?.licence ?? null,
    source: `run:${run.id}`,
    path: stored,
    sizeBytes: (await stat(file)).size,
    sha256,
    architecture,
    parameters,
    contextTokens,
  });
  return id;
}

/** The version of a base that answers without an adapter; each has one from its beginning. */
async function getBaseVersion(manager: EntityManager, modelId: string): Promise<string> {
  const { id } = await manager.findOneByOrFail(ModelVersionEntity, { modelId, adapterPath: IsNull() });
  return id;
}

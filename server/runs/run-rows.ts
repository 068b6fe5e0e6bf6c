/** Rows of runs as the interface tells them. */
import type { RunDetail, RunSummary } from '../../common/contracts/run-records.js';
import type { RunEventEntity } from '../../common/database/run-event.entity.js';
import type { RunSampleEntity } from '../../common/database/run-sample.entity.js';
import type { RunEntity } from '../../common/database/run.entity.js';

const toIso = (date: Date | null) => date?.toISOString() ?? null;

export const toRunSummary = (row: RunEntity): RunSummary => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  state: row.state,
  modelName: row.modelName,
  startVersionName: row.startVersionName,
  datasetName: row.datasetName,
  priority: row.priority,
  sharing: row.sharing,
  scheduledAt: toIso(row.scheduledAt),
  repeats: row.repeats,
  step: row.step,
  totalSteps: row.totalSteps,
  phase: row.phase,
  secondsPerStep: row.secondsPerStep,
  error: row.error,
  metrics: row.metrics,
  resultVersionId: row.resultVersionId,
  createdAt: row.createdAt.toISOString(),
  startedAt: toIso(row.startedAt),
  finishedAt: toIso(row.finishedAt),
});

export const toRunDetail = (
  row: RunEntity,
  { log, samples }: { log: RunEventEntity[]; samples: RunSampleEntity[] },
): RunDetail => ({
  ...toRunSummary(row),
  config: row.config,
  datasetId: row.datasetId,
  startVersionId: row.startVersionId,
  samplePrompts: row.samplePrompts,
  plan: row.plan,
  artefacts: row.artefacts,
  log: log.map(({ id, at, event }) => ({ id: Number(id), at: at.toISOString(), event })),
  samples: samples.map(({ step, prompt, answer }) => ({ step, prompt, answer })),
});

/** Judges a model, with or without an adapter, by a file of examples; trains nothing and writes nothing. */
import type { RunEvent } from '../../common/contracts/run-events.js';
import type { OfflineKind } from '../../common/contracts/runs.js';
import { readAdapterFile, shapeOfAdapter } from '../nn/adapter-file.js';
import { openRunModel } from './open-run-model.js';
import { prepareRun } from './prepare-run.js';
import { computeReference } from './reference.js';
import { toOffline, type OfflineRequest, type RunRequest } from './run-request.js';
import { Trainer } from './trainer.js';
import { inOrder, toMicroBatches } from './units.js';

export interface EvaluationOptions {
  emit(event: Extract<RunEvent, { type: 'phase' }>): void;
  signal: AbortSignal;
}

/**
 * @param request  `startAdapterPath` is what is judged, against the base as the reference; `outputPath` is not read
 * @returns metrics by their TRL names, without `eval_`
 * @throws what a run throws before its first step
 */
export async function runEvaluation(
  request: RunRequest,
  { emit, signal }: EvaluationOptions,
): Promise<Record<string, number>> {
  emit({ type: 'phase', phase: 'reading' });
  const fitted = await fitConfig(request);
  const { train } = await prepareRun(fitted, signal);
  emit({ type: 'phase', phase: 'loading' });
  using model = await openRunModel(fitted);
  const { config } = fitted;
  const trainer = new Trainer<OfflineKind>(config.kind, config, model);
  const { items } = train;
  const batches = inOrder(items.length, config.batchSize);
  const refLogProbs = trainer.usesReference
    ? await computeReference(model, items, {
        adapterScale: 0,
        batches,
        signal,
        onBatch: (done, total) => emit({ type: 'phase', phase: 'reference', done, total }),
      })
    : [];
  // Awaited here: the model is closed when this function is left.
  const microBatches = toMicroBatches(config.kind, { items, refLogProbs }, batches);
  return await trainer.evaluate(microBatches, signal, (done) =>
    emit({ type: 'phase', phase: 'evaluating', done, total: batches.length }),
  );
}

/**
 * All rows are judged, and the adapter's own shape wins over the settings'.
 *
 * @throws AppError `RUN_CONFIG_INVALID` for a kind that answers itself
 */
export async function fitConfig(asked: RunRequest): Promise<OfflineRequest> {
  const request = toOffline(asked);
  const { config, startAdapterPath } = request;
  const whole = { ...request, config: { ...config, heldOutFraction: 0 } };
  if (startAdapterPath === null) return whole;
  const lora = shapeOfAdapter(await readAdapterFile(startAdapterPath));
  return { ...whole, config: { ...whole.config, lora } };
}

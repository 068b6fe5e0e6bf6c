/** Works off an evaluation: both versions on the same held-out pairs, one after the other, and the outcome into its row. */
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { toArtefactPath } from '../../common/config/artefacts.js';
import type { Config } from '../../common/config/config.js';
import { toDataFileName } from '../../common/contracts/datasets.js';
import { AppError, type ErrorBody } from '../../common/contracts/errors.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import { DatasetEntity } from '../../common/database/dataset.entity.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import { compareVersions } from '../runs/compare-versions.js';
import { runRequestSchema } from '../runs/run-request.js';
import { askTask } from './ask-task.js';
import { sharedThreads } from './run-files.js';
import { readSamplePrompts } from './sample-prompts.js';

const lowPriority = 10;
/** Held-out prompts that both versions answer. */
const answeredPrompts = 8;
/** Length of those answers, tokens. */
const answerTokens = 128;
/** The pairs are judged as a DPO run would. */
const config = runConfigSchema.parse({ kind: 'dpo' });

export interface EvaluatorOptions {
  dataSource: DataSource;
  config: Config;
  log: Logger;
}

export class Evaluator {
  constructor(private readonly options: EvaluatorOptions) {}

  /** Done again after a crash it does the same; one that has ended stays as it is. */
  async evaluate(id: string, signal: AbortSignal): Promise<void> {
    const rows = this.options.dataSource.getRepository(EvaluationEntity);
    const row = await rows.findOneBy({ id });
    if (!row || row.state === 'succeeded' || row.state === 'failed') return;
    await rows.update({ id }, { state: 'running' });
    try {
      const file = await this.findPairs(row.datasetId);
      const prompts = await readSamplePrompts(file, config.kind, answeredPrompts);
      const judge = async (versionId: string, what: string) => {
        const request = await this.toRequest(versionId, what, file);
        const task = { type: 'judge', request, prompts, maxTokens: answerTokens } as const;
        return askTask(task, { signal, niceness: lowPriority });
      };
      const candidate = await judge(row.candidateId, 'candidate');
      const live = await judge(row.liveId, 'live version');
      const result = compareVersions(candidate, live, candidate.sides);
      await rows.update({ id }, { state: 'succeeded', result, finishedAt: new Date() });
    } catch (error) {
      // The worker goes down: the next one begins anew.
      if (signal.aborted) throw error;
      await rows.update({ id }, { state: 'failed', error: this.toBody(id, error), finishedAt: new Date() });
    }
  }

  private async findPairs(datasetId: string): Promise<string> {
    const { dataSource, config } = this.options;
    const dataset = await dataSource.getRepository(DatasetEntity).findOneBy({ id: datasetId });
    if (!dataset) throw new AppError('EVALUATION_SOURCE_GONE', { what: 'dataset' });
    return path.join(
      toArtefactPath(config.dataDir, dataset.folder),
      toDataFileName('preference', 'held_out'),
    );
  }

  private async toRequest(versionId: string, what: string, dataPath: string) {
    const { dataSource, config: settings } = this.options;
    const version = await dataSource
      .getRepository(ModelVersionEntity)
      .findOne({ where: { id: versionId }, relations: { model: true } });
    if (!version) throw new AppError('EVALUATION_SOURCE_GONE', { what });
    return runRequestSchema.parse({
      config,
      modelPath: path.resolve(settings.dataDir, version.model.path),
      dataPath,
      outputPath: '',
      startAdapterPath: version.adapterPath && path.resolve(settings.dataDir, version.adapterPath),
      gpu: settings.gpu,
      llamaDirectory: settings.llamaDir,
      threads: sharedThreads(),
    });
  }

  private toBody(id: string, error: unknown): ErrorBody {
    if (error instanceof AppError) return error.toBody();
    this.options.log.error({ err: error, evaluationId: id }, 'an evaluation failed');
    return new AppError('RUN_TASK_CRASHED', { how: String(error) }, error).toBody();
  }
}

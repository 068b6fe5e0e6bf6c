/** Works off an evaluation: both versions on the same held-out rows and prompts, one after the other, and the outcome into its row. */
import path from 'node:path';
import { In, type DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { AppError, type ErrorBody } from '../../common/contracts/errors.js';
import type { EvaluatedSet, EvaluationResult, JudgedKind } from '../../common/contracts/evaluations.js';
import { dpoConfigSchema, ktoConfigSchema, type OfflineConfig } from '../../common/contracts/runs.js';
import { EvaluationAnswerEntity } from '../../common/database/evaluation-answer.entity.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { PromptEntity } from '../../common/database/prompt.entity.js';
import { planSharedThreads } from '../../common/llama/compute-threads.js';
import type { Logger } from '../../common/logging/logger.js';
import type { MeterOf } from '../metering/process-meter.js';
import { compareVersions } from '../runs/compare-versions.js';
import { runRequestSchema, type RunRequest } from '../runs/run-request.js';
import { getRewardModel, type NamedRewardModel } from '../scoring/reward-source.js';
import { askTask } from './ask-task.js';
import { EvaluationFolder } from './evaluation-folder.js';
import { copyJudgedRows } from './judged-rows.js';
import { readSamplePrompts } from './sample-prompts.js';
import { SetJudge, type AskedSet, type JudgedSets } from './set-judge.js';

const lowPriority = 10;
/** Held-out prompts that both versions answer. */
const answeredPrompts = 8;
/** Of one set; more would keep everybody waiting. */
const mostPrompts = 200;
/** Length of those answers, tokens. */
const answerTokens = 128;
/** Rows are read as the run of their kind reads them. */
const configs: Readonly<Record<JudgedKind, OfflineConfig>> = {
  preference: dpoConfigSchema.parse({ kind: 'dpo' }),
  kto: ktoConfigSchema.parse({ kind: 'kto' }),
};

export interface EvaluatorOptions {
  dataSource: DataSource;
  config: Config;
  log: Logger;
  meterOf: MeterOf;
}

interface Judged {
  result: EvaluationResult;
  answers: JudgedSets['answers'];
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
      const judged = await this.judgeCopied(row, signal);
      if (judged) await this.finish(id, judged);
    } catch (error) {
      // The worker goes down: the next one begins anew.
      if (signal.aborted) throw error;
      await rows.update({ id }, { state: 'failed', error: this.toBody(id, error), finishedAt: new Date() });
    }
  }

  /** @returns null where the rows were taken away meanwhile: it is queued again, and judged by those that are left */
  private async judgeCopied(row: EvaluationEntity, signal: AbortSignal): Promise<Judged | null> {
    await using folder = await EvaluationFolder.create(this.options.config.dataDir, row.id);
    try {
      return await this.judge(row, folder, signal);
    } catch (error) {
      if (signal.aborted || folder.isThere) throw error;
      this.options.log.info(
        { evaluationId: row.id },
        'rows of an evaluation were taken away; it begins anew',
      );
      return null;
    }
  }

  private async judge(row: EvaluationEntity, folder: EvaluationFolder, signal: AbortSignal): Promise<Judged> {
    const config = configs[row.judgedKind];
    const { file: dataPath, leftOut } = await copyJudgedRows(row, folder, this.options);
    const prompts = await readSamplePrompts(dataPath, config.kind, answeredPrompts);
    const versions = {
      candidate: await this.toRequest(row.candidateId, 'candidate', { config, dataPath }),
      live: await this.toRequest(row.liveId, 'live version', { config, dataPath }),
    };
    const meter = this.options.meterOf({ kind: 'evaluation', subjectId: row.id, userId: row.createdBy });
    const options = { signal, niceness: lowPriority, meter };
    const ask = (request: RunRequest) =>
      askTask({ type: 'judge', request, prompts, maxTokens: answerTokens }, options);
    const candidate = await ask(versions.candidate);
    const live = await ask(versions.live);
    const setJudge = new SetJudge(options);
    const { answers, ...ofSets } = await setJudge.judge(versions, await this.readSets(row.promptSets), {
      heldOut: { prompts, candidate: candidate.answers, live: live.answers },
      reward: await this.findReward(row.rewardVersionId),
    });
    const answersFile = { maxTokens: answerTokens, file: folder.file('answers.jsonl') };
    const kl = await setJudge.measureKl(versions, prompts, answersFile);
    return {
      result: { ...compareVersions(candidate, live, candidate.sides), leftOut, kl, ...ofSets },
      answers,
    };
  }

  /** Result and answers together: whoever reads the one finds the other. */
  private async finish(id: string, { result, answers }: Judged): Promise<void> {
    await this.options.dataSource.transaction(async (manager) => {
      await manager.delete(EvaluationAnswerEntity, { evaluationId: id });
      await manager.query(
        `INSERT INTO evaluation_answers (evaluation_id, position, set_id, messages, checks, candidate, live)
         SELECT $1, place, (answer->>'setId')::uuid, answer->'messages', answer->'checks', answer->'candidate', answer->'live'
         FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS listed (answer, place)`,
        [id, JSON.stringify(answers)],
      );
      await manager.update(EvaluationEntity, { id }, { state: 'succeeded', result, finishedAt: new Date() });
    });
  }

  private async readSets(sets: readonly EvaluatedSet[]): Promise<AskedSet[]> {
    const rows = await this.options.dataSource.getRepository(PromptEntity).find({
      where: { setId: In(sets.map(({ id }) => id)) },
      order: { position: 'ASC' },
    });
    return sets.map((set) => ({
      ...set,
      prompts: rows.filter(({ setId }) => setId === set.id).slice(0, mostPrompts),
    }));
  }

  /** A reward model that is gone meanwhile has no say; the figures do without it. */
  private async findReward(id: string | null): Promise<NamedRewardModel | null> {
    const isHere =
      id !== null && (await this.options.dataSource.getRepository(ModelVersionEntity).existsBy({ id }));
    return isHere ? getRewardModel(id, this.options) : null;
  }

  private async toRequest(
    versionId: string,
    what: string,
    rows: Pick<RunRequest, 'config' | 'dataPath'>,
  ): Promise<RunRequest> {
    const { dataSource, config: settings } = this.options;
    const version = await dataSource
      .getRepository(ModelVersionEntity)
      .findOne({ where: { id: versionId }, relations: { model: true } });
    if (!version) throw new AppError('EVALUATION_SOURCE_GONE', { what });
    return runRequestSchema.parse({
      ...rows,
      modelPath: path.resolve(settings.dataDir, version.model.path),
      outputPath: '',
      startAdapterPath: version.adapterPath && path.resolve(settings.dataDir, version.adapterPath),
      gpu: settings.gpu,
      llamaDirectory: settings.llamaDir,
      threads: planSharedThreads(settings.threads),
    });
  }

  private toBody(id: string, error: unknown): ErrorBody {
    if (error instanceof AppError) return error.toBody();
    this.options.log.error({ err: error, evaluationId: id }, 'an evaluation failed');
    return new AppError('RUN_TASK_CRASHED', { how: String(error) }, error).toBody();
  }
}

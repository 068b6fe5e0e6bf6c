/** Works the `training-tasks` queue, one task at a time, beside whatever run there is. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import {
  trainingTaskSchema,
  type NewRun,
  type RunEstimate,
  type TrainingTask,
} from '../../common/contracts/run-records.js';
import type { Logger } from '../../common/logging/logger.js';
import { queueNames } from '../../common/queue/queues.js';
import type { MeterOf } from '../metering/process-meter.js';
import { askTask } from './ask-task.js';
import { Evaluator } from './evaluator.js';
import { endOrphan } from './orphan.js';
import { runFolder, toRunRequest } from './run-files.js';

const lowPriority = 10;

export interface TaskProcessorOptions {
  dataSource: DataSource;
  config: Config;
  log: Logger;
  meterOf: MeterOf;
  /** Left open; whoever made it closes it. */
  connection: Redis;
  /** Does this worker compute a run right now? */
  isRunning(): boolean;
}

export class TaskProcessor implements AsyncDisposable {
  readonly #worker: Worker<TrainingTask, RunEstimate | null>;
  readonly #ending = new AbortController();
  readonly #evaluator: Evaluator;

  constructor(private readonly options: TaskProcessorOptions) {
    const { connection, log } = options;
    this.#evaluator = new Evaluator(options);
    this.#worker = new Worker(
      queueNames.trainingTasks,
      (job) => this.#process(trainingTaskSchema.parse(job.data)),
      {
        connection,
        concurrency: 1,
      },
    );
    this.#worker.on('error', (error) => log.warn({ err: error }, 'the queue of tasks is not reachable'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#worker.close();
  }

  async #process(task: TrainingTask): Promise<RunEstimate | null> {
    if (task.type === 'estimate') return this.#estimate(task.run);
    if (task.type === 'evaluate') {
      await this.#evaluator.evaluate(task.evaluationId, this.#ending.signal);
      return null;
    }
    const folder = runFolder(this.options.config, task.runId);
    await endOrphan(folder);
    await rm(folder, { recursive: true, force: true });
    return null;
  }

  async #estimate(run: NewRun): Promise<RunEstimate> {
    const { dataSource, config } = this.options;
    const wasRunning = this.options.isRunning();
    try {
      const nowhere = path.join(tmpdir(), `attune-estimate-${randomUUID()}`);
      const request = await toRunRequest(run, nowhere, { dataSource, settings: config });
      const { estimate } = await askTask(
        { type: 'estimate', request },
        {
          signal: this.#ending.signal,
          niceness: lowPriority,
          meter: this.options.meterOf({ kind: 'estimate', subjectId: randomUUID(), userId: null }),
        },
      );
      return { ...estimate, measuredBesideRun: wasRunning || this.options.isRunning() };
    } catch (error) {
      // Whoever waits for the result gets the error's body as the job's reason.
      if (error instanceof AppError) throw new UnrecoverableError(JSON.stringify(error.toBody()));
      throw error;
    }
  }
}

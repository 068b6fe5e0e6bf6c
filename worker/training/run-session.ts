/**
 * One run from the moment this worker took it until it ended, was handed back, or was lost to another worker.
 *
 * The run's own process may die: it is started again and goes on from its checkpoint, a few times. Postgres and Redis may be away: the run
 * goes on. Owns the process, what is heard of it, and what is written about it.
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import type { Config } from '../../common/config/config.js';
import { AppError } from '../../common/contracts/errors.js';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { isRefused } from '../../common/database/refusal.js';
import type { RunEntity } from '../../common/database/run.entity.js';
import type { Logger } from '../../common/logging/logger.js';
import type { MeterOf, StartMeter } from '../metering/process-meter.js';
import { MetricsLog } from '../runs/metrics-log.js';
import type { RunRequest } from '../runs/run-request.js';
import { ChatHold } from './chat-hold.js';
import { ChatWatch } from './chat-watch.js';
import { endRun } from './end-run.js';
import { endOrphan, markProcess } from './orphan.js';
import { runFolder, toRunRequest } from './run-files.js';
import { runInChild, type RunOutcome } from './run-in-child.js';
import { Patience } from './patience.js';
import { RunProcess } from './run-process.js';
import { RunRecorder } from './run-recorder.js';
import type { RunStore, TakenRun } from './run-store.js';
import { readSamplePrompts, toSamplePrompt } from './sample-prompts.js';
import { Sampler } from './sampler.js';

const keepIntervalMs = 2000;
/** How long an end that could not be written waits before it is tried again. */
const endIntervalMs = 1000;

/** Why a run is stopped before its end. */
type StopReason = 'cancelled' | 'handed-over' | 'lost';
export type SessionEnd = 'succeeded' | 'failed' | StopReason;

export interface SessionServices {
  dataSource: DataSource;
  redis: Redis;
  config: Config;
  log: Logger;
  store: RunStore;
  meterOf: MeterOf;
  /** The chat's. */
  generateQueue: Queue;
}

export class RunSession {
  readonly #stopping = new AbortController();
  readonly #process: RunProcess;
  readonly #recorder: RunRecorder;
  readonly #log: Logger;
  readonly #patience = new Patience();
  #reason: StopReason | null = null;
  /** Optimiser steps seen by this worker. */
  steps = 0;
  readonly run: RunEntity;

  constructor(
    taken: TakenRun,
    private readonly services: SessionServices,
  ) {
    this.run = taken.row;
    this.#log = services.log.child({ runId: this.run.id });
    this.#recorder = new RunRecorder(taken, { ...services, onLost: () => this.stop('lost') });
    this.#process = new RunProcess(this.run.sharing, this.#meterOf('run'));
  }

  /** Ends the run within a step, leaving a checkpoint; the first reason counts. */
  stop(reason: StopReason): void {
    this.#reason ??= reason;
    this.#process.goOn();
    this.#stopping.abort();
  }

  async go(): Promise<SessionEnd> {
    using _recorder = this.#recorder;
    const timer = setInterval(() => void this.#keep(), keepIntervalMs);
    using watch = new ChatWatch(this.services, (isIdle) => void this.#yield(isIdle));
    if (this.run.sharing === 'idle') await watch.look();
    await using _hold = this.run.sharing === 'pause' ? await ChatHold.begin(this.services) : null;
    try {
      return await this.#conclude(await this.#train());
    } finally {
      clearInterval(timer);
    }
  }

  async #train(): Promise<RunOutcome> {
    const folder = runFolder(this.services.config, this.run.id);
    try {
      const request = await toRunRequest(this.run, folder, {
        dataSource: this.services.dataSource,
        settings: this.services.config,
      });
      await endOrphan(folder);
      await this.services.store.setState(this.run.id, this.#process.isHalted ? 'waiting' : 'running');
      this.#recorder.announce();
      await using sampler = await this.#createSampler(request);
      const outcome = await this.#computeWithPatience(request, sampler);
      if (outcome.type === 'finished') await sampler.settle();
      return outcome;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const failed = { type: 'failed', step: this.run.step, error: error.toBody() } as const;
      this.#recorder.take(failed);
      return failed;
    }
  }

  async #createSampler(request: RunRequest): Promise<Sampler> {
    const { config, samplePrompts } = this.run;
    const file = request.heldOutPath ?? request.dataPath;
    const asked = samplePrompts.map(toSamplePrompt);
    const prompts = !request.keepAdapters
      ? []
      : asked.length > 0
        ? asked
        : await readSamplePrompts(file, config.kind);
    const meter = this.#meterOf('sample');
    return new Sampler({
      request,
      prompts,
      meter,
      emit: (event) => this.#recorder.take(event),
      log: this.#log,
      signal: this.#stopping.signal,
    });
  }

  #meterOf(kind: 'run' | 'sample'): StartMeter {
    return this.services.meterOf({ kind, subjectId: this.run.id, userId: this.run.createdBy });
  }

  /** Starts the process again when it dies, as long as it gets somewhere between its deaths. */
  async #computeWithPatience(request: RunRequest, sampler: Sampler): Promise<RunOutcome> {
    for (;;) {
      const outcome = await this.#compute(request, sampler);
      const hasDied = outcome.type === 'failed' && outcome.error.code === 'RUN_CRASHED';
      if (!hasDied || this.#stopping.signal.aborted || !this.#patience.allowsAnother()) return outcome;
      this.#log.warn(
        { step: outcome.step, deaths: this.#patience.deaths },
        'the process of a run died; it goes on from its checkpoint',
      );
    }
  }

  async #compute(request: RunRequest, sampler: Sampler): Promise<RunOutcome> {
    await this.#process.untilFree(this.#stopping.signal);
    try {
      return await runInChild(request, {
        signal: this.#stopping.signal,
        onSpawn: (pid) => {
          markProcess(request.outputPath, pid);
          this.#process.own(pid);
        },
        onEvent: (event) => this.#take(event, sampler),
      });
    } finally {
      await this.#process.disown();
    }
  }

  #take(event: RunEvent, sampler: Sampler): void {
    this.#recorder.take(event);
    if (event.type === 'step') {
      this.steps++;
      this.#patience.reach(event.step);
    }
    if (event.type === 'planned' && event.plan.doneSteps === 0) sampler.hearStart();
    if (event.type === 'planned' && event.plan.doneSteps > 0) void this.#backfill(event.plan.doneSteps);
    if (event.type === 'checkpoint' && event.adapter !== null) sampler.hear(event.step, event.adapter);
  }

  /** What the run's own file has up to where it goes on, merged by step. */
  async #backfill(doneSteps: number): Promise<void> {
    const file = path.join(runFolder(this.services.config, this.run.id), 'metrics.jsonl');
    const byStep = new Map<number, Record<string, number>>();
    for (const { step, metrics } of await new MetricsLog(file).read())
      if (step <= doneSteps) byStep.set(step, { ...byStep.get(step), ...metrics });
    const at = new Date();
    this.#recorder.backfill([...byStep].map(([step, metrics]) => ({ step, at, metrics })));
  }

  /** Lets the chat go first, or goes on after it. */
  async #yield(isIdle: boolean): Promise<void> {
    if (this.run.sharing !== 'idle' || this.#stopping.signal.aborted) return;
    if (isIdle) this.#process.goOn();
    else this.#process.halt();
    this.#recorder.breakPace();
    try {
      await this.services.store.setState(this.run.id, isIdle ? 'running' : 'waiting');
      this.#recorder.announce();
    } catch (error) {
      this.#log.warn({ err: error }, 'the state of a run could not be written');
    }
  }

  async #keep(): Promise<void> {
    try {
      const kept = await this.services.store.keep(this.run.id);
      if (!kept) this.stop('lost');
      else if (kept.cancelRequested) this.stop('cancelled');
    } catch (error) {
      this.#log.warn({ err: error }, 'Postgres is not reachable; the run goes on');
    }
  }

  async #conclude(outcome: RunOutcome): Promise<SessionEnd> {
    const reason = outcome.type === 'finished' ? null : this.#reason;
    if (reason === 'lost') return reason;
    // A worker that is to end has seconds; what it cannot write, its successor does again from the checkpoint.
    const patience =
      reason === 'handed-over' ? AbortSignal.timeout(keepIntervalMs) : new AbortController().signal;
    await this.#recorder.settle(patience);
    if (reason === 'handed-over') await this.services.store.release(this.run.id);
    const end = reason === 'handed-over' ? reason : await this.#endPatiently(outcome, reason);
    if (end !== 'lost') this.#recorder.announce();
    return end;
  }

  /**
   * What came of hours of work must not be lost to a database that restarts. What the database refuses it would refuse for ever: the run
   * has failed, keeps its checkpoints, and leaves the worker to the next one.
   */
  async #endPatiently(outcome: RunOutcome, reason: StopReason | null): Promise<SessionEnd> {
    let [result, stopped] = [outcome, reason];
    for (;;) {
      try {
        return await endRun(this.run, result, { ...this.services, isCancelled: stopped === 'cancelled' });
      } catch (error) {
        if (this.#reason === 'handed-over') throw error;
        if (this.#reason === 'lost') return 'lost';
        const fault = toLastingFault(error);
        if (fault) result = { type: 'failed', step: this.run.step, error: fault.toBody() };
        else stopped = this.#reason;
        this.#log.warn({ err: error }, 'the end of a run could not be written; trying again');
        await delay(endIntervalMs);
      }
    }
  }
}

/** @returns null for what passes: a database that is away, or that has no room for now */
function toLastingFault(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  return isRefused(error) ? new AppError('RUN_RESULT_REFUSED', { reason: error.message }, error) : null;
}

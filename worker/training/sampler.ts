/** Hears what the model in training says at its checkpoints, one after another, beside the run; a checkpoint that nobody has time for is left out. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../../common/contracts/run-events.js';
import type { Logger } from '../../common/logging/logger.js';
import type { StartMeter } from '../metering/process-meter.js';
import type { RunRequest } from '../runs/run-request.js';
import { askTask } from './ask-task.js';
import type { SamplePrompt } from './task.js';

const maxTokens = 64;
const lowestPriority = 19;

export interface SamplerOptions {
  request: RunRequest;
  prompts: readonly SamplePrompt[];
  meter: StartMeter;
  emit(event: RunEvent): void;
  log: Logger;
  /** Lets what is being heard be: a run that is to stop does not wait for it. */
  signal: AbortSignal;
}

export class Sampler implements AsyncDisposable {
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  #next: { step: number; adapterPath: string | null } | null = null;
  #working: Promise<void> | null = null;

  constructor(private readonly options: SamplerOptions) {
    this.#signal = AbortSignal.any([this.#ending.signal, options.signal]);
  }

  /** Before the first step: what training begins from. */
  hearStart(): void {
    this.#hear(0, this.options.request.startAdapterPath);
  }

  /** @param adapter  relative to the run's folder */
  hear(step: number, adapter: string): void {
    this.#hear(step, path.join(this.options.request.outputPath, adapter));
  }

  /** Waits for what is being heard. */
  async settle(): Promise<void> {
    await this.#working;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#next = null;
    this.#ending.abort();
    await this.#working;
    await rm(path.join(this.options.request.outputPath, 'samples'), { recursive: true, force: true });
  }

  #hear(step: number, adapterPath: string | null): void {
    if (this.options.prompts.length === 0 || this.#signal.aborted) return;
    this.#next = { step, adapterPath };
    this.#working ??= this.#work().finally(() => (this.#working = null));
  }

  async #work(): Promise<void> {
    while (this.#next) {
      const { step, adapterPath } = this.#next;
      this.#next = null;
      try {
        await this.#ask(step, adapterPath);
      } catch (error) {
        if (this.#signal.aborted) return;
        // A run is not worth less because nobody could listen to it.
        this.options.log.warn({ err: error, step }, 'the model in training could not be heard');
      }
    }
  }

  async #ask(step: number, adapterPath: string | null): Promise<void> {
    const { request, emit, meter } = this.options;
    const prompts = [...this.options.prompts];
    const { modelPath, llamaDirectory } = request;
    const { answers } = await askTask(
      { type: 'sample', modelPath, adapterPath, llamaDirectory, prompts, maxTokens },
      { signal: this.#signal, niceness: lowestPriority, meter },
    );
    emit({
      type: 'sampled',
      step,
      samples: prompts.map(({ text }, index) => ({ prompt: text, answer: answers[index]?.text ?? '' })),
    });
  }
}

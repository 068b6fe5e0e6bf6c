/**
 * The one loop that computes: every answer has a slot, and each step decodes the next tokens of all of them together.
 *
 * New prompts join in chunks beside the running answers. One decode is in flight at a time; while it runs, the tokens drawn before it
 * become text and reach their readers. Knows nothing of queues, databases or conversations: the server's worker, rollouts and the bench
 * call it directly.
 *
 * Each slot has a cache of its own unless `sharesCells` is set. Measured with 8 streams of 512 tokens, attention over a common cache made a
 * step a fifth slower, and it grows with everyone's length; a shared prompt is computed once either way, and copied.
 */
import { AppError } from '../../../common/contracts/errors.js';
import type { LlamaContext } from '../../../common/llama/context.js';
import type { LlamaModel, LoraAdapter } from '../../../common/llama/model.js';
import type { AnswerOutcome, AnswerRequest } from './answer.js';
import type { ParkingOptions } from './parked-caches.js';
import { Deliveries, type Waiting } from './deliveries.js';
import { drawTokens } from './draw-tokens.js';
import { PromptPace } from './prompt-pace.js';
import { RunningAnswer } from './running-answer.js';
import type { Slot } from './slot.js';
import { SlotCaches, type AnswerPlace } from './slot-caches.js';
import { StepBatch, type Place } from './step-batch.js';

export interface BatchLoopOptions {
  slots: number;
  /** Longest sequence of a slot. */
  contextTokens: number;
  threads: number;
  /** Most tokens of one decode. Default 512. */
  batchTokens?: number;
  /** See `ContextOptions`; for rollouts, whose answers share most of their tokens. Default false. */
  sharesCells?: boolean;
  /** What a new prompt may hold up running answers by, per step; see `PromptPace`. Default 100. */
  promptDelayMs?: number;
  /** Default: nothing is parked. */
  parking?: ParkingOptions;
}

export interface LoopStats {
  slots: number;
  busySlots: number;
  waiting: number;
  /** Since the start. */
  steps: number;
  promptTokens: number;
  cachedTokens: number;
  drawnTokens: number;
}

export class BatchLoop implements AsyncDisposable {
  readonly contextTokens: number;
  readonly #context: LlamaContext;
  readonly #caches: SlotCaches;
  readonly #pace: PromptPace;
  readonly #batch: StepBatch;
  readonly #deliveries = new Deliveries((answer) => {
    for (const slot of this.#slots) if (slot.answer === answer) slot.answer = null;
  });
  #queue: Waiting[] = [];
  #isClosed = false;
  #wake: (() => void) | null = null;
  readonly #counts = { steps: 0, promptTokens: 0, cachedTokens: 0, drawnTokens: 0 };
  readonly #running: Promise<void>;

  /** @throws AppError `ENGINE_OUT_OF_MEMORY` */
  constructor(
    readonly model: LlamaModel,
    options: BatchLoopOptions,
  ) {
    const { slots, contextTokens, threads, batchTokens = 512, sharesCells = false } = options;
    this.#context = model.createContext({
      contextTokens,
      sequences: slots,
      batchTokens,
      threads,
      sharesCells,
    });
    this.contextTokens = Math.min(this.#context.contextTokens, contextTokens);
    this.#caches = new SlotCaches(this.#context, options);
    this.#pace = new PromptPace(options.promptDelayMs ?? 100);
    this.#batch = new StepBatch(this.#context.batch, this.#pace);
    this.#running = this.#run();
  }

  /**
   * Answers a prompt.
   *
   * @returns when the answer has ended and its last text was reported; `cancelled` after its signal
   * @throws AppError `GENERATION_CONTEXT_EXCEEDED`, `GENERATION_FORMAT_UNSUPPORTED`, `ENGINE_COMPUTE_FAILED`
   */
  generate(request: AnswerRequest): Promise<AnswerOutcome> {
    const promptTokens = request.prompt.length;
    if (promptTokens >= this.contextTokens || promptTokens === 0) {
      const details = { promptTokens, contextTokens: this.contextTokens };
      return Promise.reject(new AppError('GENERATION_CONTEXT_EXCEEDED', details));
    }
    if (this.#isClosed) return Promise.reject(new AppError('SERVER_UNAVAILABLE', { part: 'The model' }));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      request.signal?.addEventListener('abort', () => this.#wake?.(), { once: true });
      this.#wake?.();
    });
  }

  get stats(): LoopStats {
    const busySlots = this.#slots.filter((slot) => slot.answer).length;
    return { slots: this.#slots.length, busySlots, waiting: this.#queue.length, ...this.#counts };
  }

  /** Forgets every cache that an adapter computed; to be called before the adapter is freed, once its answers have ended. */
  async forgetAdapter(adapter: LoraAdapter): Promise<void> {
    await this.#caches.forget(adapter);
  }

  /** Ends running answers as cancelled, then frees the context. The model stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    await this.#running;
    await this.#caches[Symbol.asyncDispose]();
    this.#context[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#endCancelled();
      await this.#admitWaiting();
      const places = this.#batch.fill(this.#slots);
      if (places.length > 0) await this.#step(places);
      else {
        this.#deliveries.deliver();
        await this.#caches.parkIdle(() => this.#hasWork());
        if (!this.#hasWork()) await this.#sleep();
      }
    }
    for (const slot of this.#slots) if (slot.answer) this.#end(slot, 'cancelled');
    this.#deliveries.deliver();
    for (const { request, resolve } of this.#queue.splice(0)) resolve(unanswered(request));
  }

  get #slots(): readonly Slot[] {
    return this.#caches.slots;
  }

  #hasWork(): boolean {
    return this.#isClosed || this.#queue.length > 0 || this.#slots.some((slot) => slot.answer);
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
      if (this.#isClosed) this.#wake();
    });
  }

  #endCancelled(): void {
    for (const slot of this.#slots) {
      if (slot.answer?.request.signal?.aborted) this.#end(slot, 'cancelled');
    }
    this.#queue = this.#queue.filter(({ request, resolve }) => {
      if (request.signal?.aborted) resolve(unanswered(request));
      return !request.signal?.aborted;
    });
  }

  async #admitWaiting(): Promise<void> {
    for (const waiting of [...this.#queue]) {
      const { prompt, adapter } = waiting.request;
      const place = this.#caches.choose(prompt, adapter);
      if (!place) return;
      if (place.kind === 'wait') continue;
      this.#queue = this.#queue.filter((other) => other !== waiting);
      await this.#admit(waiting, place).catch(waiting.reject);
    }
  }

  async #admit(waiting: Waiting, place: AnswerPlace): Promise<void> {
    const answer = new RunningAnswer(this.model, waiting.request);
    try {
      await this.#caches.place(place, answer);
    } catch (error) {
      answer[Symbol.dispose]();
      throw error;
    }
    this.#counts.cachedTokens += answer.cachedTokens;
    this.#deliveries.open(answer, waiting);
  }

  async #step(places: readonly Place[]): Promise<void> {
    const startedAt = performance.now();
    try {
      this.#context.useAdapter(this.#batch.adapter);
      const decoding = this.#context.decode();
      this.#deliveries.deliver();
      const status = await decoding;
      if (status === 'cache-full') return this.#makeRoom(places);
    } catch (error) {
      return this.#failAll(error);
    }
    const reading = places.filter((place) => place.count > 1);
    const promptTokens = reading.reduce((sum, place) => sum + place.count, 0);
    this.#pace.observe({ promptTokens, ms: performance.now() - startedAt });
    this.#counts.steps++;
    this.#counts.promptTokens += promptTokens;
    await this.#draw(places);
    shareOut(places, performance.now() - startedAt);
  }

  async #draw(places: readonly Place[]): Promise<void> {
    const drawing = places.flatMap(({ slot, answer, index }) =>
      // A stop string found meanwhile has ended the answer; what was computed for it is not wanted any more.
      index === null || slot.answer !== answer ? [] : [{ slot, answer, index, sampler: answer.sampler }],
    );
    const tokens = await drawTokens(this.#context, drawing);
    for (const [i, { slot, answer, index }] of drawing.entries()) {
      const token = tokens[i] ?? null;
      const logits = answer.request.topLogProbs === null ? null : this.#context.logits(index);
      const stopReason = answer.take(token, logits, this.contextTokens);
      this.#counts.drawnTokens++;
      if (stopReason) slot.answer = null;
      this.#deliveries.add({ answer, token: stopReason === 'end' ? null : token, logits, stopReason });
    }
  }

  /** Ends a slot's answer after what is still undelivered. */
  #end(slot: Slot, stopReason: AnswerOutcome['stopReason']): void {
    if (!slot.answer) return;
    this.#deliveries.add({ answer: slot.answer, token: null, logits: null, stopReason });
    slot.answer = null;
  }

  /** A common cache is full: idle slots give theirs up, and when there is none the longest answer ends. */
  #makeRoom(places: readonly Place[]): void {
    for (const { slot, count } of places) slot.tokens.length -= count;
    if (this.#caches.clearIdle()) return;
    const [longest] = [...this.#slots].sort((a, b) => b.tokens.length - a.tokens.length);
    if (!longest) return;
    this.#end(longest, 'context');
    this.#caches.clear(longest);
  }

  #failAll(error: unknown): void {
    this.#context.clear();
    for (const slot of this.#slots) {
      slot.answer = null;
      slot.tokens = [];
    }
    this.#deliveries.failAll(error);
  }
}

/** Tells each answer what a step took of its tokens. */
function shareOut(places: readonly Place[], ms: number): void {
  const all = places.reduce((sum, { count }) => sum + count, 0);
  for (const { answer, count } of places) answer.request.onComputed?.((ms * count) / all);
}

function unanswered(request: AnswerRequest): AnswerOutcome {
  const { length } = request.prompt;
  return {
    stopReason: 'cancelled',
    promptTokens: length,
    cachedTokens: 0,
    tokens: [],
    end: null,
    firstTokenAt: null,
  };
}

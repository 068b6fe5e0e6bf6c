/**
 * Makes one answer: from its row to its prompt, through the batch loop, into stream and row.
 *
 * What the answer says already is gone on from, so that a worker's death costs nothing that was said. Nothing here waits for Redis while
 * tokens are drawn, and an answer is finished in Postgres even when Redis is away.
 */
import { randomInt } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { ComputeKind } from '../../common/contracts/costs.js';
import { AppError } from '../../common/contracts/errors.js';
import type { ResponseFormat, StopReason } from '../../common/contracts/generation.js';
import { seedCount } from '../../common/contracts/sampling.js';
import { anyJsonGrammar, schemaGrammar } from '../../common/llama/json-grammar.js';
import type { Logger } from '../../common/logging/logger.js';
import { isStopRequested } from '../../common/queue/generation-stream.js';
import type { ResidentScorer } from '../scoring/resident-scorer.js';
import type { NamedRewardModel } from '../scoring/reward-source.js';
import {
  countDrawn,
  countUsage,
  describeProvenance,
  measureTimes,
  type JobTimes,
  type Made,
  type Preparation,
} from './answer-record.js';
import { chooseBest } from './best-of.js';
import type { SharedMeter } from '../metering/shared-meter.js';
import type { UseSession } from '../metering/use-session.js';
import { planPrompt } from './context-policy.js';
import type { EventOutbox } from './event-outbox.js';
import type { Finished, GenerationStore, TakenGeneration } from './generation-store.js';
import type { LiveAnswer } from './live-answer.js';
import type { LiveAnswers } from './live-answers.js';
import type { AnswerDelta, AnswerOutcome } from './loop/answer.js';
import type { Lease, ResidentModels } from './resident-models.js';
import { readSaid } from './said.js';
import { waitForTraining } from './training-turn.js';
import type { WorkerCounters } from './worker-counters.js';

export interface AnswerMakerOptions {
  redis: Redis;
  residents: ResidentModels;
  store: GenerationStore;
  live: LiveAnswers;
  outbox: EventOutbox;
  counters: WorkerCounters;
  /** Reward models, for answers that one of them is to choose. */
  scorer: ResidentScorer;
  getRewardModel(id: string): Promise<NamedRewardModel>;
  meter: SharedMeter;
  log: Logger;
}

/** `handed-over`: it is not finished, and another worker is to go on with it. */
export type MakeResult = 'finished' | 'handed-over';

export class AnswerMaker {
  readonly #making = new Map<string, Promise<MakeResult>>();

  constructor(private readonly options: AnswerMakerOptions) {}

  /** A second job for an answer that is being made here, as comes about when Redis was lost and the job enqueued again, joins the first. */
  make(row: TakenGeneration, times: JobTimes): Promise<MakeResult> {
    const making =
      this.#making.get(row.id) ?? this.#make(row, times).finally(() => this.#making.delete(row.id));
    this.#making.set(row.id, making);
    return making;
  }

  async #make(row: TakenGeneration, times: JobTimes): Promise<MakeResult> {
    const { redis, live, outbox, residents, log } = this.options;
    const answer = live.add(row.id);
    try {
      const hasWaited = await waitForTraining(redis, {
        signal: answer.signal,
        onWait: () => outbox.add(row.id, { type: 'waiting' }),
      });
      using lease = await residents.lease(row.modelVersionId);
      return await this.#answer(answer, row, lease, hasWaited ? { ...times, takenAt: Date.now() } : times);
    } catch (error) {
      // The rest of the answer is for whoever takes the row next; it is not this one that failed.
      if (answer.calledOff === 'handed-over') return 'handed-over';
      const requestId = row.requestId;
      if (!(error instanceof AppError)) log.error({ err: error, requestId }, 'answer failed');
      await this.#fail(
        answer,
        row,
        error instanceof AppError ? error : new AppError('SERVER_FAULT', { requestId }, error),
      );
      return 'finished';
    } finally {
      live.remove(row.id);
    }
  }

  async #answer(
    answer: LiveAnswer,
    row: TakenGeneration,
    lease: Lease,
    times: JobTimes,
  ): Promise<MakeResult> {
    const preparation = await this.#prepare(answer, row, lease);
    const made = await this.#generate(answer, preparation);
    const stopReason = this.#reasonOf(answer, made?.outcome ?? null);
    if (stopReason === null) {
      answer.isDirty = true;
      await this.options.store.save([answer]);
      return answer.calledOff === 'lost' ? 'finished' : 'handed-over';
    }
    await this.#finish(answer, preparation, { made, stopReason, times });
    return 'finished';
  }

  /** @returns null when it did not end but was called off by other than its reader */
  #reasonOf(answer: LiveAnswer, outcome: AnswerOutcome | null): StopReason | null {
    const reason = outcome?.stopReason ?? 'length';
    if (reason !== 'cancelled') return reason;
    return answer.calledOff === 'stopped' ? 'cancelled' : null;
  }

  async #prepare(answer: LiveAnswer, row: TakenGeneration, lease: Lease): Promise<Preparation> {
    const { redis, outbox } = this.options;
    const { resident } = lease;
    const { request } = row;
    const said = await readSaid(redis, row);
    answer.text = said.text;
    answer.isDirty = said.text !== row.text;
    answer.logProbs = said.logProbs;
    const plan = planPrompt(resident.template, resident.model.vocabulary, {
      turns: request.turns,
      prefix: said.text,
      contextTokens: resident.loop.contextTokens,
      maxTokens: request.sampling.maxTokens,
    });
    outbox.add(row.id, { type: 'started', context: plan.context });
    if (said.isAhead) outbox.add(row.id, answer.retell());
    void isStopRequested(redis, row.id).then(
      (isAsked) => isAsked && answer.callOff('stopped'),
      () => undefined,
    );
    return { row, said, plan, seed: request.sampling.seed ?? randomInt(seedCount), lease };
  }

  /** @returns null when the answer has all its tokens already */
  async #generate(answer: LiveAnswer, { row, said, plan, seed, lease }: Preparation): Promise<Made | null> {
    const { request } = row;
    const { resident, adapter } = lease;
    const maxTokens = request.sampling.maxTokens - countDrawn({ row, said, lease });
    if (maxTokens <= 0) return null;
    const grammar = await grammarFor(request.responseFormat);
    const { meter } = this.options;
    const use = meter.begin({ kind: kindOf(row), subjectId: row.id, userId: row.userId });
    const write = (ownSeed: number, onDelta: (delta: AnswerDelta) => void) =>
      resident.loop.generate({
        prompt: plan.tokens,
        prefixTokens: plan.prefixTokens,
        adapter,
        sampling: { ...request.sampling, maxTokens },
        seed: ownSeed,
        topLogProbs: request.topLogProbs,
        grammar,
        signal: answer.signal,
        onComputed: (ms) => meter.add(use, ms),
        onDelta,
      });
    if (request.bestOf) return this.#choose(answer, { row, seed, use }, write);
    const outcome = await write(seed, (delta) => this.#say(answer, delta));
    return { outcome, seed, otherTokens: 0, bestOf: undefined };
  }

  /** Several answers, of which one is said. */
  async #choose(
    answer: LiveAnswer,
    { row: { request }, seed, use }: Pick<Preparation, 'row' | 'seed'> & { use: UseSession },
    write: Parameters<typeof chooseBest>[2]['write'],
  ): Promise<Made> {
    const { bestOf, turns } = request;
    if (!bestOf) throw new TypeError('nothing says among how many to choose');
    const { outbox, scorer, getRewardModel, meter } = this.options;
    const chosen = await chooseBest(bestOf, seed, {
      write,
      score: async (texts) => {
        const { name, source } = await getRewardModel(bestOf.rewardVersionId);
        const answers = texts.map((text) => answer.text + text);
        const startedAt = performance.now();
        const [scores = []] = await scorer.score(source, [{ turns, answers }]);
        meter.add(use, performance.now() - startedAt);
        return { name, scores };
      },
      onProgress: (written) => outbox.add(answer.id, { type: 'progress', written, count: bestOf.count }),
      isCalledOff: () => answer.signal.aborted,
    });
    // Handed over, it is begun again: what was not chosen is not said.
    if (answer.calledOff === null || answer.calledOff === 'stopped') this.#say(answer, chosen);
    return chosen;
  }

  #say(answer: LiveAnswer, { text, logProbs }: AnswerDelta): void {
    const offset = answer.text.length;
    answer.append(text, logProbs);
    const withLogProbs = logProbs.length > 0 ? { logProbs } : {};
    this.options.outbox.add(answer.id, { type: 'delta', offset, text, ...withLogProbs });
  }

  async #finish(
    answer: LiveAnswer,
    preparation: Preparation,
    { made, stopReason, times }: { made: Made | null; stopReason: StopReason; times: JobTimes },
  ): Promise<void> {
    const { row } = preparation;
    const finished: Finished = {
      status: stopReason === 'cancelled' ? 'stopped' : 'complete',
      text: answer.text,
      stopReason,
      context: preparation.plan.context,
      usage: countUsage(preparation, made),
      timings: measureTimes(made?.outcome ?? null, times),
      provenance: describeProvenance(preparation, made),
      logProbs: row.request.topLogProbs === null ? null : answer.logProbs,
    };
    const { outbox, store, counters, log } = this.options;
    if (!(await store.finish(row.id, finished))) return;
    const { usage, timings, provenance } = finished;
    outbox.add(row.id, { type: 'done', stopReason, usage, timings, provenance });
    counters.countAnswer(stopReason, finished);
    log.info(
      { requestId: row.requestId, generationId: row.id, stopReason, ...usage, ...timings },
      'answer ended',
    );
  }

  async #fail(answer: LiveAnswer, row: TakenGeneration, error: AppError): Promise<void> {
    const { store, outbox, counters, log } = this.options;
    // An answer that goes on, and whose model cannot be had, has not read what it said already.
    const text = answer.text === '' ? row.text : answer.text;
    if (!(await store.fail(answer.id, text, error.toFailure()))) return;
    outbox.add(answer.id, { type: 'failed', ...error.toFailure() });
    counters.countFailure();
    log.warn({ generationId: answer.id, code: error.code }, 'answer failed');
  }
}

/** What it is for, as the row tells; the migration of `compute_uses` reads it alike. */
function kindOf({ messageId, conversationId }: TakenGeneration): ComputeKind {
  if (messageId !== null) return 'answer';
  return conversationId !== null ? 'title' : 'completion';
}

async function grammarFor(format: ResponseFormat): Promise<string | null> {
  if (format.type === 'text') return null;
  return format.type === 'json' ? anyJsonGrammar : schemaGrammar(format.schema);
}

/**
 * The rows of generations, as the worker that makes the answers sees them: take, save on the way, finish.
 *
 * A row names the worker that has it; one that lost it (a lock that ran out while the process hung) writes no more.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Failure } from '../../common/contracts/failure.js';
import type {
  ContextUse,
  Provenance,
  StopReason,
  Timings,
  TokenLogProb,
  Usage,
} from '../../common/contracts/generation.js';
import type { GenerationEntity } from '../../common/database/generation.entity.js';
import { unhurried } from '../../common/database/unhurried.js';
import type { LiveAnswer } from './live-answer.js';

/** What is needed of a row to answer it. */
export interface TakenGeneration extends Pick<
  GenerationEntity,
  'id' | 'request' | 'text' | 'modelVersionId' | 'requestId' | 'userId' | 'messageId' | 'conversationId'
> {
  /** No worker had it before. */
  isNew: boolean;
}

export interface Finished {
  status: 'complete' | 'stopped';
  text: string;
  stopReason: StopReason;
  context: ContextUse;
  usage: Usage;
  timings: Timings;
  provenance: Provenance;
  logProbs: TokenLogProb[] | null;
}

type Ending = Pick<GenerationEntity, 'status' | 'text' | 'stopReason'> &
  Partial<Pick<GenerationEntity, 'context' | 'usage' | 'timings' | 'provenance' | 'logProbs' | 'error'>>;

export class GenerationStore {
  /** @param workerId  of this process */
  constructor(
    private readonly dataSource: DataSource,
    private readonly workerId: string,
  ) {}

  /** Takes those that are not finished; one whose taking a crash loses is taken again. @returns them in the order of `ids` */
  async take(ids: readonly string[]): Promise<TakenGeneration[]> {
    const [rows] = await this.dataSource.query<[TakenGeneration[], number]>(
      `WITH ${unhurried}, before AS (SELECT id, status FROM generations WHERE id = ANY($1) FOR UPDATE)
       UPDATE generations AS taken SET status = 'running', taken_by = $2
       FROM before, unhurried WHERE taken.id = before.id AND before.status IN ('queued', 'running')
       RETURNING taken.id, taken.request, taken.text, taken.model_version_id AS "modelVersionId",
                 taken.request_id AS "requestId", taken.user_id AS "userId",
                 taken.message_id AS "messageId", taken.conversation_id AS "conversationId", before.status = 'queued' AS "isNew"`,
      [ids, this.workerId],
    );
    return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
  }

  /** Saves what was said since the last time; an answer that is not this worker's any more is called off. */
  async save(answers: readonly LiveAnswer[]): Promise<void> {
    const dirty = answers.filter((answer) => answer.isDirty);
    if (dirty.length === 0) return;
    for (const answer of dirty) answer.isDirty = false;
    try {
      const [kept] = await this.dataSource.query<[{ id: string }[], number]>(
        `WITH ${unhurried}
         UPDATE generations SET text = said.text
         FROM unnest($1::uuid[], $2::text[]) AS said (id, text), unhurried
         WHERE generations.id = said.id AND taken_by = $3 AND status = 'running'
         RETURNING generations.id`,
        [dirty.map(({ id }) => id), dirty.map(({ text }) => text), this.workerId],
      );
      const ids = new Set(kept.map(({ id }) => id));
      for (const answer of dirty) if (!ids.has(answer.id)) answer.callOff('lost');
    } catch (error) {
      for (const answer of dirty) answer.isDirty = true;
      throw error;
    }
  }

  /** @returns false when the row was not this worker's any more */
  finish(id: string, outcome: Finished): Promise<boolean> {
    return this.#end(id, outcome);
  }

  /** @returns false when the row was not this worker's any more */
  fail(id: string, text: string, error: Failure): Promise<boolean> {
    return this.#end(id, { status: 'failed', text, stopReason: 'failed', error });
  }

  async #end(id: string, { status, text, stopReason, ...rest }: Ending): Promise<boolean> {
    const { context, usage, timings, provenance, logProbs, error } = rest;
    const parts = [context, usage, timings, provenance, logProbs, error];
    const json = parts.map((part) => part && JSON.stringify(part));
    const [, ended] = await patiently(() =>
      this.dataSource.query<[unknown[], number]>(
        `UPDATE generations
         SET status = $3, text = $4, stop_reason = $5, finished_at = now(),
           context = $6, usage = $7, timings = $8, provenance = $9, log_probs = $10, error = $11
         WHERE id = $1 AND taken_by = $2 AND status = 'running'`,
        [id, this.workerId, status, text, stopReason, ...json],
      ),
    );
    return ended === 1;
  }
}

/** An answer that is complete must not be lost to a database that restarts. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  const pausesMs = [100, 300, 1000, 3000, 5000];
  for (const pauseMs of pausesMs) {
    try {
      return await action();
    } catch {
      await delay(pauseMs);
    }
  }
  return action();
}

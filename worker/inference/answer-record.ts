/** What is kept of an answer that has ended, beside its text: tokens, times, and what it was made with. */
import type { Provenance, Timings, Usage } from '../../common/contracts/generation.js';
import type { PromptPlan } from './context-policy.js';
import type { TakenGeneration } from './generation-store.js';
import type { AnswerOutcome } from './loop/answer.js';
import type { Lease } from './resident-models.js';
import type { Said } from './said.js';

/** Milliseconds since 1970. */
export interface JobTimes {
  queuedAt: number;
  takenAt: number;
}

/** How an answer was made. */
export interface Made {
  outcome: AnswerOutcome;
  seed: number;
  /** Tokens that were drawn for answers which were not given. */
  otherTokens: number;
  bestOf: Provenance['bestOf'];
}

/** What was decided before the first token. */
export interface Preparation {
  row: TakenGeneration;
  said: Said;
  plan: PromptPlan;
  seed: number;
  lease: Lease;
}

/** Tokens that an earlier worker drew for this answer; its given beginning is not among them. */
export function countDrawn({ row, said, lease }: Pick<Preparation, 'row' | 'said' | 'lease'>): number {
  const drawn = said.text.slice(row.request.prefix.length);
  return lease.resident.model.vocabulary.tokenize(drawn, { parseSpecial: false }).length;
}

/** @param made  null when the answer had all its tokens already */
export function countUsage(preparation: Preparation, made: Made | null): Usage {
  const drawnBefore = countDrawn(preparation);
  return {
    promptTokens: preparation.plan.context.promptTokens - drawnBefore,
    cachedTokens: made?.outcome.cachedTokens ?? 0,
    completionTokens: drawnBefore + (made?.outcome.tokens.length ?? 0) + (made?.otherTokens ?? 0),
  };
}

export function measureTimes(outcome: AnswerOutcome | null, { queuedAt, takenAt }: JobTimes): Timings {
  const now = Date.now();
  const totalMs = Math.max(0, now - takenAt);
  const sinceFirstMs = outcome?.firstTokenAt == null ? 0 : performance.now() - outcome.firstTokenAt;
  const drawnAfterFirst = Math.max(0, (outcome?.tokens.length ?? 0) - 1);
  return {
    firstTokenMs: Math.max(0, Math.round(totalMs - sinceFirstMs)),
    totalMs,
    queueMs: Math.max(0, takenAt - queuedAt),
    tokensPerSecond: sinceFirstMs > 0 ? (drawnAfterFirst / sinceFirstMs) * 1000 : 0,
  };
}

export function describeProvenance(
  { row, lease: { resident, version }, seed }: Preparation,
  made: Made | null,
): Provenance {
  return {
    modelVersionId: version.id,
    modelName: version.name,
    modelSha256: resident.row.sha256,
    adapterSha256: version.adapterSha256,
    templateHash: resident.template.templateHash,
    sampling: row.request.sampling,
    seed: made?.seed ?? seed,
    engine: resident.engine,
    ...(made?.bestOf && { bestOf: made.bestOf }),
  };
}

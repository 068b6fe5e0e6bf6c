/** What this worker has done since it started, for its status. */
import { firstTokenBoundsSeconds, type WorkerStatus } from '../../common/queue/worker-status.js';
import type { StopReason, Timings, Usage } from '../../common/contracts/generation.js';

export class WorkerCounters {
  readonly values: WorkerStatus['counters'] = {
    promptTokens: 0,
    cachedTokens: 0,
    completionTokens: 0,
    embeddedTokens: 0,
    answers: { end: 0, length: 0, stop: 0, cancelled: 0, context: 0, failed: 0 },
    firstToken: Array.from({ length: firstTokenBoundsSeconds.length + 1 }, () => 0),
    firstTokenSumSeconds: 0,
  };

  countAnswer(stopReason: StopReason, { usage, timings }: { usage: Usage; timings: Timings }): void {
    this.values.answers[stopReason]++;
    this.values.promptTokens += usage.promptTokens;
    this.values.cachedTokens += usage.cachedTokens;
    this.values.completionTokens += usage.completionTokens;
    if (usage.completionTokens > 0) this.#countFirstToken(timings.firstTokenMs / 1000);
  }

  countFailure(): void {
    this.values.answers.failed++;
  }

  countEmbedded(tokens: number): void {
    this.values.embeddedTokens += tokens;
  }

  #countFirstToken(seconds: number): void {
    const found = firstTokenBoundsSeconds.findIndex((bound) => seconds <= bound);
    const bucket = found < 0 ? firstTokenBoundsSeconds.length : found;
    this.values.firstToken[bucket] = (this.values.firstToken[bucket] ?? 0) + 1;
    this.values.firstTokenSumSeconds += seconds;
  }
}

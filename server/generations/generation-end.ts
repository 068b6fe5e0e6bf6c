/** How an answer ends, told from its row where the stream cannot tell any more. */
import { AppError } from '../../common/contracts/errors.js';
import type { GenerationEvent, Timings, Usage } from '../../common/contracts/generation.js';
import type { GenerationEntity } from '../../common/database/generation.entity.js';
import type { StreamEntry } from '../../common/queue/generation-stream.js';

const noUsage: Usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
const noTimings: Timings = { firstTokenMs: 0, totalMs: 0, queueMs: 0, tokensPerSecond: 0 };

/** End of a generation that was stopped while it waited in the queue. */
export const endedBeforeTaken: GenerationEvent = {
  type: 'done',
  stopReason: 'cancelled',
  usage: noUsage,
  timings: noTimings,
  provenance: null,
};

export function isEnd(event: GenerationEvent): boolean {
  return event.type === 'done' || event.type === 'failed';
}

/** @param row  finished @returns its whole text as one delta, and its end */
export function toEndEntries(row: GenerationEntity): StreamEntry[] {
  const entryId = `${row.finishedAt?.getTime() ?? Date.now()}-0`;
  const end = toEnd(row);
  if (row.text === '') return [{ entryId, event: end }];
  return [
    { entryId, event: { type: 'delta', offset: 0, text: row.text } },
    { entryId, event: end },
  ];
}

function toEnd(row: GenerationEntity): GenerationEvent {
  if (row.status === 'failed') {
    const error = row.error ?? new AppError('SERVER_FAULT', { requestId: row.requestId }).toFailure();
    return { type: 'failed', ...error };
  }
  return {
    type: 'done',
    stopReason: row.stopReason ?? 'end',
    usage: row.usage ?? noUsage,
    timings: row.timings ?? noTimings,
    provenance: row.provenance,
  };
}

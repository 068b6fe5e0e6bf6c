/** A completion's choices as OpenAI's chunks, all of them over one stream of events. */
import { AppError } from '../../common/contracts/errors.js';
import type { Usage } from '../../common/contracts/generation.js';
import type { GenerationService } from '../generations/generation.service.js';
import {
  toFinishReason,
  toLogProbs,
  toUsage,
  type CompletionChunk,
  type CompletionHead,
} from './completion-response.js';
import type { EventStream } from './event-stream.js';
import { toOpenAiError } from './openai-error.js';

export interface StreamedCompletion {
  head: CompletionHead;
  generationIds: readonly string[];
  includeUsage: boolean;
  /** Fires when the caller is gone, or a choice has failed. */
  signal: AbortSignal;
}

type Choice = CompletionChunk['choices'][number];

/**
 * Sends all chunks and the end.
 *
 * @throws AppError when an answer fails before anything was sent; later failures are sent as an event, since the status has gone out
 */
export async function streamCompletion(
  generations: GenerationService,
  stream: EventStream,
  completion: StreamedCompletion,
): Promise<void> {
  const { head, generationIds, includeUsage, signal } = completion;
  const send = (choices: Choice[], usage?: CompletionChunk['usage']) =>
    stream.send(
      JSON.stringify({
        ...head,
        object: 'chat.completion.chunk',
        choices,
        ...(includeUsage && { usage: usage ?? null }),
      } satisfies CompletionChunk),
    );
  const usages = await Promise.all(
    generationIds.map(async (id, index) => {
      const usage = await sendChoice(generations.follow(id, { signal }), index, send);
      // The server shuts down: half an answer must not look like a whole one.
      if (!usage && !signal.aborted) throw new AppError('SERVER_UNAVAILABLE', { part: 'The server' });
      return usage;
    }),
  );
  if (signal.aborted) return;
  if (includeUsage) await send([], toUsage(usages));
  await stream.send('[DONE]');
  stream.end();
}

/** Tells the caller of a failure after the answer had begun. */
export async function sendFailure(stream: EventStream, error: AppError): Promise<void> {
  await stream.send(JSON.stringify(toOpenAiError(error)));
  stream.end();
}

/** @returns null when the stream ended before the answer did */
async function sendChoice(
  entries: ReturnType<GenerationService['follow']>,
  index: number,
  send: (choices: Choice[]) => Promise<void>,
): Promise<Usage | null> {
  let sentLength = 0;
  let sentTokens = 0;
  let isBegun = false;
  const begin = async () => {
    if (isBegun) return;
    isBegun = true;
    await send([{ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }]);
  };
  for await (const { event } of entries) {
    if (event.type === 'failed') throw AppError.restore(event);
    if (event.type === 'delta') {
      await begin();
      // After its worker died an answer goes on from the last text saved, a little before what was sent: only what is new goes out.
      const content = event.text.slice(Math.max(0, sentLength - event.offset));
      if (content === '' && event.text !== '') continue;
      // An answer that is told again from its beginning brings the log-probs that were sent, too.
      const isRetold = event.offset === 0 && sentLength > 0;
      const logProbs = isRetold ? event.logProbs?.slice(sentTokens) : event.logProbs;
      sentLength = event.offset + event.text.length;
      sentTokens += logProbs?.length ?? 0;
      await send([{ index, delta: { content }, logprobs: toLogProbs(logProbs), finish_reason: null }]);
    }
    if (event.type === 'done') {
      await begin();
      await send([{ index, delta: {}, logprobs: null, finish_reason: toFinishReason(event.stopReason) }]);
      return event.usage;
    }
  }
  return null;
}

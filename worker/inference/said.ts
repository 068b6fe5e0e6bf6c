/**
 * What an answer says already when it is taken: its given beginning, or what a worker that died had reached. The stream is ahead of the row
 * by up to a second, unless Redis was lost; the longer of the two is the truth.
 */
import type { Redis } from 'ioredis';
import { within } from '../../common/async/within.js';
import type { TokenLogProb } from '../../common/contracts/generation.js';
import { readEvents, type StreamEntry } from '../../common/queue/generation-stream.js';
import type { TakenGeneration } from './generation-store.js';

/** A Redis that does not answer within this is gone, and the row decides. */
const patienceMs = 2000;
const pageEntries = 1000;

export interface Said {
  text: string;
  /** Of the tokens after the given beginning; empty where they were lost. */
  logProbs: TokenLogProb[];
  /** True when followers of the stream have not seen all of the text. */
  isAhead: boolean;
}

export async function readSaid(redis: Redis, row: TakenGeneration): Promise<Said> {
  if (row.isNew) return { text: row.request.prefix, logProbs: [], isAhead: false };
  const beginning = row.text.length >= row.request.prefix.length ? row.text : row.request.prefix;
  const entries = await within(patienceMs, readAll(redis, row.id), []);
  let text = beginning;
  let shown = row.request.prefix;
  const logProbs: TokenLogProb[] = [];
  for (const { event } of entries) {
    if (event.type !== 'delta') continue;
    const before = event.offset <= shown.length ? shown : beginning;
    // Told again from its beginning.
    if (event.offset === 0 && shown !== '') logProbs.length = 0;
    shown = before.slice(0, event.offset) + event.text;
    logProbs.push(...(event.logProbs ?? []));
    if (shown.length > text.length) text = shown;
  }
  return { text, logProbs, isAhead: shown !== text };
}

async function readAll(redis: Redis, id: string): Promise<StreamEntry[]> {
  const entries: StreamEntry[] = [];
  for (;;) {
    const page = await readEvents(redis, id, { after: entries.at(-1)?.entryId, count: pageEntries });
    entries.push(...page);
    if (page.length < pageEntries) return entries;
  }
}

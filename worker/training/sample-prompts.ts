/** The prompts that a model in training is asked at every checkpoint: those that were given, or the first ones of its data. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { toExamples, type Example } from '../../common/data/rows.js';
import type { ChatTurn } from '../../common/contracts/generation.js';
import type { RunKind } from '../../common/contracts/runs.js';
import type { SamplePrompt } from './task.js';

const promptsTaken = 3;
/** Different prompts lie near the beginning, or the data have none. */
const linesRead = 200;

export const toSamplePrompt = (text: string): SamplePrompt => ({
  turns: [{ role: 'user', content: text }],
  text,
});

/** @returns the first different prompts of the file; none from one that cannot be read, which is the run's to say */
export async function readSamplePrompts(
  file: string,
  kind: RunKind,
  most = promptsTaken,
): Promise<SamplePrompt[]> {
  const prompts = new Map<string, SamplePrompt>();
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file) })) {
      if (++line > linesRead || prompts.size >= most) break;
      const read = toExamples(kind, JSON.parse(text), line);
      const prompt = Array.isArray(read) && read[0] ? toPrompt(read[0]) : null;
      if (prompt) prompts.set(prompt.text, prompt);
    }
  } catch {
    return [...prompts.values()];
  }
  return [...prompts.values()];
}

/** Everything before the first answer. */
function toPrompt({ prompt, answers }: Example): SamplePrompt | null {
  const text = prompt.length > 0 ? prompt : (answers[0] ?? '');
  if (typeof text === 'string') return prompt.length > 0 ? toSamplePrompt(text) : null;
  const end = text.findIndex(({ role }) => role === 'assistant');
  const turns: readonly ChatTurn[] = end < 0 ? text : text.slice(0, end);
  const last = turns.at(-1);
  return last?.role === 'user' ? { turns: [...turns], text: last.content } : null;
}

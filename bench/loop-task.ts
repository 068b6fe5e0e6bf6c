/** What one measuring process is asked, and what it answers. */
export interface LoopTask {
  /** GGUF file. */
  model: string;
  streams: number;
  promptTokens: number;
  newTokens: number;
  threads: number;
  gpu: 'off' | 'auto';
}

export interface LoopMeasurement {
  /** From the first question to the last token. */
  seconds: number;
  /** Drawn in all; a stream that ended early drew fewer. */
  tokens: number;
  /** Of each stream. */
  firstTokenMs: number[];
  /** Resident set at the end. */
  memoryBytes: number;
}

export const readTask = (): LoopTask => JSON.parse(process.argv[2] ?? '') as LoopTask;

export function report(measurement: Omit<LoopMeasurement, 'memoryBytes'>): void {
  const message: LoopMeasurement = { ...measurement, memoryBytes: process.memoryUsage.rss() };
  process.send?.(message, () => process.exit(0));
}

/** Fixed ids, another beginning for each stream; plain tokens in every vocabulary that has this many. */
export function promptOf(stream: number, length: number, vocabularySize: number): number[] {
  const usable = Math.min(vocabularySize, 40_000) - 1000;
  return Array.from({ length }, (_, i) => 1000 + ((stream * 9973 + i * 31) % usable));
}

export const sampling = { temperature: 0.8, topK: 40, topP: 0.95 };
/** Tokens of a slot: the question, the answer, and room. */
export const contextOf = (task: LoopTask) => Math.ceil((task.promptTokens + task.newTokens + 32) / 256) * 256;

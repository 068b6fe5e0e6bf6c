/** A folder with a tiny model and rows to learn from, and runs in it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunEvent } from '../../common/contracts/run-events.js';
import { runRequestSchema, type RunRequest } from '../../worker/runs/run-request.js';
import { runTraining } from '../../worker/runs/training-run.js';
import { writeTinyModel, type TinyModelOptions } from './tiny-model.js';
import { testMachine } from './test-device.js';

export type Row = Readonly<Record<string, unknown>>;
type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export interface TrainOptions {
  /** Merged over the request that `config` and the folder give. */
  request?: Partial<RunRequest>;
  /** Told every event; may abort. */
  onEvent?: (event: RunEvent) => void;
  signal?: AbortSignal;
}

export class TrainingFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(model: TinyModelOptions = {}): Promise<TrainingFolder> {
    const folder = new TrainingFolder(await mkdtemp(path.join(tmpdir(), 'attune-training-')));
    await writeTinyModel(folder.file('model.gguf'), model);
    return folder;
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  async writeRows(rows: readonly Row[], name = 'rows.jsonl'): Promise<void> {
    await writeFile(this.file(name), rows.map((row) => JSON.stringify(row)).join('\n'));
  }

  request(config: Row, output = 'out', changed: Partial<RunRequest> = {}): RunRequest {
    return runRequestSchema.parse({
      config,
      modelPath: this.file('model.gguf'),
      dataPath: this.file('rows.jsonl'),
      outputPath: this.file(output),
      ...testMachine,
      threads: 1,
      ...changed,
    });
  }

  /** Runs in this process. @returns all events */
  async train(config: Row, output = 'out', options: TrainOptions = {}): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    const emit = (event: RunEvent) => {
      events.push(event);
      options.onEvent?.(event);
    };
    const signal = options.signal ?? new AbortController().signal;
    await runTraining(this.request(config, output, options.request), { emit, signal });
    return events;
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.file(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Events of one type. */
export function ofType<T extends RunEvent['type']>(events: readonly RunEvent[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

const turn = (role: 'user' | 'assistant', content: string) => ({ role, content });

/** Pairs that prefer one answer of two, whatever the prompt says. */
export function plantedPairs(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    prompt: [turn('user', `Question ${index * 7919}?`)],
    chosen: [turn('assistant', `yes, ${index % 10}`)],
    rejected: [turn('assistant', `no, ${index % 10}`)],
  }));
}

/** The same preference as thumbs. */
export function plantedThumbs(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    prompt: [turn('user', `Question ${index * 7919}?`)],
    completion: [turn('assistant', index % 2 === 0 ? `yes, ${index % 10}` : `no, ${index % 10}`)],
    label: index % 2 === 0,
  }));
}

/** Conversations with one answer each. */
export function conversations(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    messages: [turn('user', `Question ${index * 7919}?`), turn('assistant', `The answer is ${index % 10}.`)],
  }));
}

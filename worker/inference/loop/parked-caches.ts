/**
 * Caches of conversations that had to leave their slot: in memory up to a bound, then in files up to another, oldest out first.
 *
 * They belong to one context and die with it; its owner sees to a folder that nobody else uses.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { privateFolder } from '../../../common/config/artefacts.js';
import type { LoraAdapter } from '../../../common/llama/model.js';
import { usablePrefix } from './slot-choice.js';

export interface ParkingOptions {
  memoryBytes: number;
  /** 0 keeps nothing on disk. */
  diskBytes: number;
  folder: string | null;
}

interface Entry {
  tokens: Int32Array;
  adapter: LoraAdapter | null;
  sizeBytes: number;
  /** Null once written to `file`. */
  bytes: Uint8Array | null;
  file: string | null;
}

export interface ParkedCache {
  tokens: Int32Array;
  bytes: Uint8Array;
}

export class ParkedCaches {
  /** Oldest first. */
  #entries: Entry[] = [];
  #count = 0;

  /** @param windowTokens  what the model's layers with a sliding window see, Infinity for none: no more than that of them comes back */
  constructor(
    private readonly options: ParkingOptions,
    private readonly windowTokens = Infinity,
  ) {}

  /** Longest prefix of the prompt that `take` would bring back. */
  longestPrefix(prompt: ArrayLike<number>, adapter: LoraAdapter | null): number {
    const entry = this.#find(prompt, adapter);
    return entry ? this.#usable(entry, prompt) : 0;
  }

  /** Brings the best fitting cache back and forgets it here. @returns null when its file is gone */
  async take(prompt: ArrayLike<number>, adapter: LoraAdapter | null): Promise<ParkedCache | null> {
    const entry = this.#find(prompt, adapter);
    if (!entry) return null;
    this.#entries = this.#entries.filter((other) => other !== entry);
    const bytes = entry.bytes ?? (await readFile(entry.file ?? '').catch(() => null));
    if (entry.file) await remove(entry.file);
    return bytes && { tokens: entry.tokens, bytes };
  }

  async park(tokens: readonly number[], adapter: LoraAdapter | null, bytes: Uint8Array): Promise<void> {
    if (bytes.length > Math.max(this.options.memoryBytes, this.options.diskBytes)) return;
    // The same conversation as it was a turn ago.
    const outgrown = (entry: Entry) =>
      entry.adapter === adapter && entry.tokens.every((token, index) => token === tokens[index]);
    await this.#drop(this.#entries.filter(outgrown));
    this.#entries.push({
      tokens: Int32Array.from(tokens),
      adapter,
      sizeBytes: bytes.length,
      bytes,
      file: null,
    });
    await this.#makeRoom();
  }

  /** Forgets what an adapter computed that is about to be freed. */
  async forget(adapter: LoraAdapter): Promise<void> {
    await this.#drop(this.#entries.filter((entry) => entry.adapter === adapter));
  }

  async clear(): Promise<void> {
    await this.#drop(this.#entries);
  }

  #find(prompt: ArrayLike<number>, adapter: LoraAdapter | null): Entry | null {
    let found: Entry | null = null;
    let longest = 0;
    for (const entry of this.#entries) {
      if (entry.adapter !== adapter) continue;
      const length = this.#usable(entry, prompt);
      if (length > longest) [found, longest] = [entry, length];
    }
    return found;
  }

  /** What is longer than the window has lost what a cut would bring back into it: it is of use as a whole. */
  #usable({ tokens }: Entry, prompt: ArrayLike<number>): number {
    const length = usablePrefix(tokens, prompt);
    return length === tokens.length || tokens.length <= this.windowTokens ? length : 0;
  }

  async #makeRoom(): Promise<void> {
    const { memoryBytes, diskBytes, folder } = this.options;
    while (this.#total((entry) => entry.bytes !== null) > memoryBytes) {
      const oldest = this.#entries.find((entry) => entry.bytes !== null);
      if (!oldest) return;
      const isKept = folder !== null && oldest.sizeBytes <= diskBytes && (await this.#write(oldest, folder));
      if (!isKept) await this.#drop([oldest]);
    }
    while (this.#total((entry) => entry.file !== null) > diskBytes) {
      const oldest = this.#entries.find((entry) => entry.file !== null);
      if (!oldest) return;
      await this.#drop([oldest]);
    }
  }

  /** @returns false where the disk does not take it, as when it is full: a cache is no more than time saved */
  async #write(entry: Entry, folder: string): Promise<boolean> {
    const file = path.join(folder, `${this.#count++}.cache`);
    try {
      // What was said can be told from what the model computed of it: nobody else's eyes.
      await mkdir(folder, privateFolder);
      await writeFile(file, entry.bytes ?? new Uint8Array());
    } catch {
      await remove(file);
      return false;
    }
    entry.file = file;
    entry.bytes = null;
    return true;
  }

  async #drop(entries: readonly Entry[]): Promise<void> {
    this.#entries = this.#entries.filter((entry) => !entries.includes(entry));
    for (const { file } of entries) if (file) await remove(file);
  }

  #total(counts: (entry: Entry) => boolean): number {
    return this.#entries.reduce((sum, entry) => sum + (counts(entry) ? entry.sizeBytes : 0), 0);
  }
}

/** What cannot be removed goes with the folder. */
const remove = (file: string) => rm(file, { force: true }).catch(() => undefined);

/**
 * The files of a snapshot: `<kind>.<split>.jsonl` for each that has rows, and `manifest.json`, which says what they are.
 *
 * They are written into a folder of another name, which gets its own at the end: a reader sees a whole snapshot or none. Texts pass
 * through a spool file, since the split is known only when every row has been seen.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { toDataFileName } from '../../../common/contracts/datasets.js';
import { readLines, toJsonLine } from '../../../common/data/json-lines.js';
import { dataRowSchema, hash, type DataRow } from '../rows/data-row.js';
import type { Assembled } from './assembly.js';

export interface SnapshotFile {
  name: string;
  rows: number;
  sizeBytes: number;
  sha256: string;
}

/** Text waiting to be written is handed to the disk in pieces of about this many characters. */
const pieceLength = 1 << 18;

/** A file that is written from beginning to end, with its hash. */
class HashedFile {
  private readonly hash: Hash = createHash('sha256');
  private waiting = '';
  private sizeBytes = 0;
  private rows = 0;

  private constructor(
    private readonly name: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(folder: string, name: string): Promise<HashedFile> {
    return new HashedFile(name, await open(path.join(folder, name), 'wx'));
  }

  /** @param line  with its end */
  async append(line: string): Promise<void> {
    this.rows++;
    this.waiting += line;
    if (this.waiting.length > pieceLength) await this.flush();
  }

  async finish(): Promise<SnapshotFile> {
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
    return {
      name: this.name,
      rows: this.rows,
      sizeBytes: this.sizeBytes,
      sha256: this.hash.digest('hex'),
    };
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.from(this.waiting);
    this.waiting = '';
    this.hash.update(bytes);
    this.sizeBytes += bytes.length;
    await this.handle.writeFile(bytes);
  }
}

const spoolName = 'rows.spool';

/** A snapshot in the making. Disposing of one that was not kept leaves nothing behind. */
export class SnapshotDraft implements AsyncDisposable {
  private isKept = false;

  private constructor(
    private readonly folder: string,
    private readonly temporary: string,
    private readonly spool: HashedFile,
  ) {}

  /** @param folder  that the snapshot will have; what a try that was cut off left of it goes */
  static async create(folder: string): Promise<SnapshotDraft> {
    const temporary = path.join(path.dirname(folder), `.${path.basename(folder)}.tmp`);
    for (const left of [temporary, folder]) await rm(left, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    return new SnapshotDraft(folder, temporary, await HashedFile.create(temporary, spoolName));
  }

  /** In the order in which the assembly numbers them. */
  append(row: DataRow): Promise<void> {
    return this.spool.append(toJsonLine(row));
  }

  /** Writes the files and gives them their place. */
  async keep(
    { rows, splits }: Assembled,
    describe: (files: readonly SnapshotFile[], contentHash: string) => unknown,
  ): Promise<{ files: SnapshotFile[]; contentHash: string }> {
    await this.spool.finish();
    const spooled = path.join(this.temporary, spoolName);
    const files = await writeSplitFiles(this.temporary, readSpool(spooled), { rows, splits });
    await rm(spooled);
    const contentHash = hashFiles(files);
    const manifest = await HashedFile.create(this.temporary, 'manifest.json');
    await manifest.append(`${JSON.stringify(describe(files, contentHash), null, 2)}\n`);
    await manifest.finish();
    await rename(this.temporary, this.folder);
    this.isKept = true;
    return { files, contentHash };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isKept) return;
    await this.spool.finish().catch(() => undefined);
    await rm(this.temporary, { recursive: true, force: true });
  }
}

/** What `sha256sum *.jsonl` prints, hashed: anybody can check a snapshot with it. */
export function hashFiles(files: readonly SnapshotFile[]): string {
  const lines = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return hash(lines.sort((a, b) => (a.slice(64) < b.slice(64) ? -1 : 1)).join(''));
}

async function* readSpool(file: string): AsyncGenerator<DataRow> {
  for await (const read of readLines(createReadStream(file)))
    // A line that was left out would give every later row another one's text.
    if ('problem' in read) throw new RangeError(`row ${read.line} of the spool is ${read.problem}`);
    else yield dataRowSchema.parse(JSON.parse(read.text));
}

async function writeSplitFiles(
  folder: string,
  texts: AsyncIterable<DataRow>,
  { rows, splits }: Pick<Assembled, 'rows' | 'splits'>,
): Promise<SnapshotFile[]> {
  const files = new Map<string, HashedFile>();
  let index = 0;
  for await (const text of texts) {
    const row = rows[index];
    const split = splits[index++];
    if (!row || !split) continue;
    const name = toDataFileName(row.kind, split);
    const file = files.get(name) ?? (await HashedFile.create(folder, name));
    files.set(name, file);
    const sources = row.sourceIds.length > 0 ? { sources: row.sourceIds } : {};
    await file.append(toJsonLine({ id: row.rowId, events: row.eventIds, ...sources, ...text }));
  }
  const written = [];
  for (const file of files.values()) written.push(await file.finish());
  return written;
}

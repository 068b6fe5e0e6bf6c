/** One launcher per data folder: who holds it, and what it runs, so that the next one can tell a living owner from a dead one. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../common/contracts/errors.js';
import { endProcess, findProcess, waitUntilGone } from './processes.js';

const processSchema = z.object({ pid: z.number().int(), startedAt: z.string() });
const claimSchema = processSchema.extend({ address: z.string(), programs: z.array(processSchema) });
type ProcessMark = z.infer<typeof processSchema>;

/** How long programs whose launcher has died may take to end by themselves. */
const settleMs = 3000;

export class DataFolderClaim implements Disposable {
  readonly #programs = new Map<number, ProcessMark>();

  private constructor(
    private readonly file: string,
    private readonly address: string,
  ) {}

  /**
   * Takes the folder, after ending what a dead launcher left running.
   *
   * @param address  where this installation will answer; for the message that a second launcher gives
   * @throws AppError `LAUNCHER_ALREADY_RUNNING`
   */
  static async take(dataDir: string, address: string): Promise<DataFolderClaim> {
    const file = path.join(dataDir, 'launcher.json');
    const earlier = readClaim(file);
    if (earlier && isAlive(earlier))
      throw new AppError('LAUNCHER_ALREADY_RUNNING', { dataDir, pid: earlier.pid, address: earlier.address });
    for (const program of earlier?.programs ?? []) await endLeftOver(program);
    rmSync(file, { force: true });
    const claim = new DataFolderClaim(file, address);
    claim.#write('wx');
    return claim;
  }

  /** Remembers a program that was started. */
  add(pid: number): void {
    const facts = findProcess(pid);
    if (facts) this.#programs.set(pid, { pid, startedAt: facts.startedAt });
    this.#write('w');
  }

  remove(pid: number): void {
    if (this.#programs.delete(pid)) this.#write('w');
  }

  [Symbol.dispose](): void {
    rmSync(this.file, { force: true });
  }

  #write(flag: 'w' | 'wx'): void {
    const own = { pid: process.pid, startedAt: findProcess(process.pid)?.startedAt ?? '' };
    const text = JSON.stringify({ ...own, address: this.address, programs: [...this.#programs.values()] });
    if (flag === 'wx') return writeFileSync(this.file, text, { flag, mode: 0o600 });
    const unfinished = `${this.file}.${process.pid}`;
    writeFileSync(unfinished, text, { mode: 0o600 });
    renameSync(unfinished, this.file);
  }
}

function readClaim(file: string): z.infer<typeof claimSchema> | null {
  try {
    return claimSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function isAlive({ pid, startedAt }: ProcessMark): boolean {
  return findProcess(pid)?.startedAt === startedAt;
}

async function endLeftOver(program: ProcessMark): Promise<void> {
  if (!isAlive(program) || (await waitUntilGone(program.pid, settleMs))) return;
  await endProcess(program.pid, ['SIGTERM', 'SIGKILL']);
}

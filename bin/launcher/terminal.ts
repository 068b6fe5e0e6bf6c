/** What the person who typed `npm start` sees: few lines, one progress bar at a time, no log. */
import { styleText } from 'node:util';
import { z } from 'zod';

const barWidth = 24;

const logLineSchema = z.looseObject({
  level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']),
  msg: z.string(),
  err: z.looseObject({ message: z.string() }).optional(),
});
const shownLevels = new Set(['fatal', 'error', 'warn']);

export interface Progress {
  label: string;
  receivedBytes: number;
  totalBytes: number | null;
  bytesPerSecond: number;
}

export class Terminal {
  #hasBar = false;
  #lastTenth = -1;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly isVerbose: boolean,
  ) {
    // Nobody reads any more: the terminal was closed, or `tee` ended by the same Ctrl-C. What runs has to be stopped in order all the same.
    out.on('error', () => {});
  }

  say(line = ''): void {
    this.#eraseBar();
    this.out.write(`${line}\n`);
  }

  warn(line: string): void {
    this.say(styleText('yellow', line, { stream: this.out }));
  }

  /** For what must not be missed: an address, a code. */
  strong(text: string): string {
    return styleText(['bold', 'cyan'], text, { stream: this.out });
  }

  /** A line of a program's output: all of them when verbose, else its warnings and errors in short. */
  programLine(program: string, line: string): void {
    const prefix = styleText('dim', program.padEnd(10), { stream: this.out });
    if (this.isVerbose) return this.say(`${prefix}${line}`);
    const parsed = parseLogLine(line);
    if (!parsed || !shownLevels.has(parsed.level)) return;
    const detail = parsed.err ? `: ${parsed.err.message}` : '';
    this.say(
      `${prefix}${styleText(parsed.level === 'warn' ? 'yellow' : 'red', parsed.msg + detail, { stream: this.out })}`,
    );
  }

  /** Draws over the last one on a terminal; elsewhere one line every tenth. */
  progress({ label, receivedBytes, totalBytes, bytesPerSecond }: Progress): void {
    const share = totalBytes ? Math.min(receivedBytes / totalBytes, 1) : 0;
    const amount = `${megabytes(receivedBytes)}${totalBytes ? ` of ${megabytes(totalBytes)}` : ''} MB`;
    const text = `${amount}, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
    if (!this.out.isTTY) {
      const tenth = Math.floor(share * 10);
      if (tenth !== this.#lastTenth) this.say(`${label}: ${tenth * 10} % (${text})`);
      this.#lastTenth = tenth;
      return;
    }
    const filled = Math.round(share * barWidth);
    this.#eraseBar();
    this.out.write(`${label} ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${text}`);
    this.#hasBar = true;
  }

  #eraseBar(): void {
    if (!this.#hasBar) return;
    this.out.write('\r\u001b[2K');
    this.#hasBar = false;
  }
}

function parseLogLine(line: string): z.infer<typeof logLineSchema> | null {
  if (!line.startsWith('{')) return null;
  try {
    return logLineSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

const megabytes = (bytes: number): string => Math.round(bytes / 1e6).toLocaleString('en');

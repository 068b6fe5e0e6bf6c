/** The run's metrics as JSON lines, one a step or evaluation: what a page draws curves from, and what outlives the process. */
import { appendFile, readFile } from 'node:fs/promises';
import { writeFileAtomically } from './atomic-file.js';

export interface MetricsLine {
  step: number;
  metrics: Readonly<Record<string, number>>;
}

export class MetricsLog {
  constructor(private readonly file: string) {}

  async append(line: MetricsLine): Promise<void> {
    await appendFile(this.file, `${JSON.stringify(line)}\n`);
  }

  /** Forgets what came after `step`: a run that goes on from there will do it again. */
  async rewindTo(step: number): Promise<void> {
    const lines = await this.read();
    const kept = lines.filter((line) => line.step <= step);
    await writeFileAtomically(this.file, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** All lines; a last one that was cut off by a crash is left out. */
  async read(): Promise<MetricsLine[]> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => {
      if (line === '') return [];
      try {
        return [JSON.parse(line) as MetricsLine];
      } catch {
        return [];
      }
    });
  }
}

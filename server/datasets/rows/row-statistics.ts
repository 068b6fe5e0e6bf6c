import type { DataKind } from '../../../common/contracts/dataset-formats.js';
import type { DatasetReport, Lengths } from '../../../common/contracts/datasets.js';
import { detectScript } from '../../feedback/prompt-script.js';
import { toSaidText, type RowContent } from './data-row.js';

const ratersTold = 20;

/** What the answers of a kind of row are called in the figures. */
const answerNames = {
  sft: ['answer'],
  kto: ['answer'],
  preference: ['chosen', 'rejected'],
  prompt: [],
  text: ['text'],
} as const satisfies Record<DataKind, readonly string[]>;

/** Figures of rows, gathered one by one: lengths, scripts and whose judgement it is. */
export class RowStatistics {
  private readonly lengths = new Map<string, number[]>();
  private readonly scripts = { latin: 0, cjk: 0, other: 0 };
  private readonly raters = new Map<string, number>();

  see({ kind, prompt, answers }: RowContent, raterId: string | null): void {
    const names: readonly string[] = answerNames[kind];
    if (prompt.length > 0) this.addLength('prompt', toSaidText(prompt).length);
    for (const [index, answer] of answers.entries())
      this.addLength(names[index] ?? names.at(-1) ?? 'answer', toSaidText(answer).length);
    this.scripts[detectScript(toAsked(prompt.length > 0 ? prompt : (answers[0] ?? '')))] += 1;
    if (raterId) this.raters.set(raterId, (this.raters.get(raterId) ?? 0) + 1);
  }

  toReport(): Pick<DatasetReport, 'lengths' | 'scripts' | 'raters' | 'raterCount'> {
    const raters = [...this.raters].map(([userId, count]) => ({ userId, count }));
    return {
      lengths: Object.fromEntries([...this.lengths].map(([name, values]) => [name, toLengths(values)])),
      scripts: this.scripts,
      raters: raters.sort((a, b) => b.count - a.count || (a.userId < b.userId ? -1 : 1)).slice(0, ratersTold),
      raterCount: raters.length,
    };
  }

  private addLength(name: string, length: number): void {
    const values = this.lengths.get(name);
    if (values) values.push(length);
    else this.lengths.set(name, [length]);
  }
}

/** What a person asked last. */
function toAsked(text: RowContent['prompt']): string {
  if (typeof text === 'string') return text;
  return text.findLast(({ role }) => role === 'user')?.content ?? toSaidText(text);
}

function toLengths(values: readonly number[]): Lengths {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const sum = sorted.reduce((total, value) => total + value, 0);
  return { min: at(0), median: at(0.5), mean: sum / sorted.length, p95: at(0.95), max: at(1) };
}
